// The caller and the API's URL: from the local stack, or typed in. Stored in the tab.

const KEPT = "integration-installs";
const RANKS = ["viewer", "editor", "admin"];

export class Session {
  users = [];
  #names = {};
  #local = "";
  #kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  #refused = new Map();

  /** Load the users of the local stack, if it serves the page. */
  async start() {
    const stack = await localStack();
    this.users = stack?.users ?? [];
    this.#names = stack?.workspaces ?? {};
    this.#local = stack?.baseUrl ?? "";
    if (!this.user && !this.#kept.token) {
      const admin = this.users.find((user) => Object.values(user.roles).includes("admin"));
      this.#keep({ ...this.#kept, user: (admin ?? this.users[0])?.id ?? "" });
    }
  }

  /** The user of the local stack who is the caller, if any. */
  get user() {
    return this.users.find((user) => user.id === this.#kept.user);
  }

  /** Return the name of a workspace where a user of the local stack has a role, if it tells. */
  workspaceName(id) {
    return this.#names[id] ?? id;
  }

  get baseUrl() {
    return this.user ? this.#local : (this.#kept.baseUrl ?? "");
  }

  /** The URL to suggest for another token. */
  get suggestedUrl() {
    return this.#kept.baseUrl || this.#local;
  }

  get token() {
    return this.user ? this.user.token : (this.#kept.token ?? "");
  }

  /** The time at which the token expires, in milliseconds; null if it does not say. */
  get expiry() {
    try {
      const claims = this.token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
      return JSON.parse(atob(claims)).exp * 1000;
    } catch {
      return null;
    }
  }

  /** Choose a user of the local stack. */
  choose(id) {
    this.#keep({ ...this.#kept, user: id });
  }

  /** Use a token of another caller. */
  use(baseUrl, token) {
    this.#keep({ user: "", baseUrl, token });
  }

  /** Return false if the API would refuse what needs a role in a workspace: as far as the local
   * stack, the kind of key or an earlier refusal tell (docs/adr/0053). The API has the last word. */
  may(role, workspaceId) {
    const known = this.user && (this.user.admin ? "admin" : this.user.roles[workspaceId]);
    const given = known ?? (this.token.startsWith("pub_") ? "viewer" : "admin");
    const rank = RANKS.indexOf(role);
    return rank <= RANKS.indexOf(given) && rank < (this.#refused.get(workspaceId) ?? RANKS.length);
  }

  /** Remember that the caller lacks a role in a workspace, and so each higher one. */
  refused(role, workspaceId) {
    const lowest = Math.min(RANKS.indexOf(role), this.#refused.get(workspaceId) ?? RANKS.length);
    this.#refused.set(workspaceId, lowest);
  }

  #keep(kept) {
    this.#kept = kept;
    this.#refused.clear();
    sessionStorage.setItem(KEPT, JSON.stringify(kept));
  }
}

async function localStack() {
  try {
    const answer = await fetch("../stack.json");
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
