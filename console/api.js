// The public API: five operations, and its problems (RFC 9457).

/** An error of the API; status 0 if it did not answer. */
export class Problem extends Error {
  constructor({ status, title, detail, code, requestId, errors = [] }) {
    super(detail);
    Object.assign(this, { status, title, detail, code, requestId, errors });
  }
}

/** Return true for the error of a request that was cancelled. */
export const isCancelled = (error) => error.name === "AbortError";

export class Api {
  /** Connect to the API at a base URL as the token's caller. */
  constructor(baseUrl, token) {
    this.installs = `${baseUrl.replace(/\/+$/, "")}/api/integration-installs`;
    this.token = token;
    this.hasHistory = !token.startsWith("pub_"); // to such a key `history` is an unknown name
  }

  /** Return the URL of a list; empty parameters are left out. */
  listUrl(parameters) {
    const entries = Object.entries(parameters).filter(([, value]) => value);
    return this.installs + (entries.length ? `?${new URLSearchParams(entries)}` : "");
  }

  /** Return a page. */
  list(parameters, signal) {
    return this.#send("GET", this.listUrl(parameters), signal);
  }

  /** Return the number of matching rows. */
  async count(parameters, signal) {
    const page = await this.list({ ...parameters, limit: "1" }, signal);
    return page.pageInfo.total;
  }

  /** Return an install with what `include` names: an array. Of its members and add-ons those that
   * are live, or the deleted ones. */
  get(id, include, signal, { deleted = false } = {}) {
    const which = deleted ? "&include_deleted=only" : "";
    return this.#send("GET", `${this.#url(id)}?include=${include.join()}${which}`, signal);
  }

  uninstall(id) {
    return this.#send("DELETE", this.#url(id));
  }

  restore(id) {
    return this.#send("POST", `${this.#url(id)}/restore`);
  }

  purge(id) {
    return this.#send("DELETE", `${this.#url(id)}/purge`);
  }

  #url(id) {
    return `${this.installs}/${encodeURIComponent(id)}`;
  }

  async #send(method, url, signal) {
    const headers = { Authorization: `Bearer ${this.token}` };
    let answer, body;
    try {
      answer = await fetch(url, { method, headers, signal });
      body = await answer.json();
    } catch (error) {
      if (isCancelled(error)) {
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
