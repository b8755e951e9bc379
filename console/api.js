// The public API: five operations, and its problems (RFC 9457).

/** What the API answered instead of what was asked for; status 0 where it did not answer. */
export class Problem extends Error {
  constructor({ status, title, detail, code, requestId, errors = [] }) {
    super(detail);
    Object.assign(this, { status, title, detail, code, requestId, errors });
  }
}

export class Api {
  /** Speak to the API at a base URL, as whoever the token stands for. */
  constructor(baseUrl, token) {
    this.installs = `${baseUrl.replace(/\/+$/, "")}/api/integration-installs`;
    this.token = token;
  }

  /** A page; each parameter is a text, or is left out where it is empty. */
  list(parameters, signal) {
    const given = Object.entries(parameters).filter(([, value]) => value);
    return this.#ask("GET", given.length ? `?${new URLSearchParams(given)}` : "", signal);
  }

  /** How many rows match. */
  async count(parameters) {
    const page = await this.list({ ...parameters, limit: "1" });
    return page.pageInfo.total;
  }

  get(id) {
    return this.#ask("GET", `/${encodeURIComponent(id)}`);
  }

  uninstall(id) {
    return this.#ask("DELETE", `/${encodeURIComponent(id)}`);
  }

  restore(id) {
    return this.#ask("POST", `/${encodeURIComponent(id)}/restore`);
  }

  purge(id) {
    return this.#ask("DELETE", `/${encodeURIComponent(id)}/purge`);
  }

  async #ask(method, path, signal) {
    const headers = { Authorization: `Bearer ${this.token}` };
    let answer, body;
    try {
      answer = await fetch(this.installs + path, { method, headers, signal });
      body = await answer.json();
    } catch (error) {
      if (error.name === "AbortError") {
        throw error;
      }
      const detail = answer
        ? "What answered is not the API: its answer is no JSON."
        : `Nothing that this page may read answered at ${this.installs}.`;
      throw new Problem({ status: answer?.status ?? 0, title: "No answer", detail });
    }
    if (!answer.ok) {
      throw new Problem({ title: answer.statusText, detail: "", ...body, status: answer.status });
    }
    return body;
  }
}
