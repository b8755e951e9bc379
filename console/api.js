// The public API: five operations, and its problems (RFC 9457).

/** An error of the API; status 0 if it did not answer. */
export class Problem extends Error {
  constructor({ status, title, detail, code, requestId, errors = [] }) {
    super(detail);
    Object.assign(this, { status, title, detail, code, requestId, errors });
  }
}

export class Api {
  /** Connect to the API at a base URL as the token's caller. */
  constructor(baseUrl, token) {
    this.installs = `${baseUrl.replace(/\/+$/, "")}/api/integration-installs`;
    this.token = token;
  }

  /** Return a page; empty parameters are left out. */
  list(parameters, signal) {
    const given = Object.entries(parameters).filter(([, value]) => value);
    return this.#ask("GET", given.length ? `?${new URLSearchParams(given)}` : "", signal);
  }

  /** Return the number of matching rows. */
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
        ? "The answer is not JSON: is this the API's URL?"
        : `No answer that this page may read from ${this.installs}.`;
      throw new Problem({ status: answer?.status ?? 0, title: "No answer", detail });
    }
    if (!answer.ok) {
      throw new Problem({ title: answer.statusText, detail: "", ...body, status: answer.status });
    }
    return body;
  }
}
