// The caller and the API's URL: from the local stack, or typed in. Stored in the tab.

import { $, answered } from "./dom.js";

const KEPT = "integration-installs";
const TYPED = "";

export class Session extends EventTarget {
  #users = [];
  #local = "";
  #kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");

  /** Load the users; dispatch "change" whenever the caller changes. */
  async start() {
    const stack = await localStack();
    this.#users = stack?.users ?? [];
    this.#local = stack?.baseUrl ?? "";
    const select = $("user");
    select.replaceChildren(...this.#users.map((user) => new Option(label(user), user.id)));
    select.append(new Option(this.#users.length ? "Another token" : "A token", TYPED));
    select.addEventListener("change", () => this.#choose(select.value));
    $("token-open").addEventListener("click", () => this.#type());
    this.#choose(this.user || this.#kept.token ? this.#kept.user : this.#first());
  }

  get baseUrl() {
    return this.user ? this.#local : (this.#kept.baseUrl ?? "");
  }

  get token() {
    return this.user ? this.user.token : (this.#kept.token ?? "");
  }

  /** The signed-in user of the local stack, if any. */
  get user() {
    return this.#users.find((user) => user.id === this.#kept.user);
  }

  /** Return the first user to sign in: an admin of a workspace, if there is one. */
  #first() {
    const admin = this.#users.find((user) => Object.values(user.roles).includes("admin"));
    return (admin ?? this.#users[0])?.id ?? TYPED;
  }

  #choose(id) {
    $("user").value = id;
    this.#keep({ ...this.#kept, user: id });
    if (id === TYPED && !this.#kept.token) {
      this.#type();
    } else {
      this.dispatchEvent(new Event("change"));
    }
  }

  async #type() {
    $("base-url").value = this.#kept.baseUrl || this.#local;
    $("token-text").value = this.#kept.token ?? "";
    if (!(await answered($("token")))) {
      $("user").value = this.#kept.user = this.user ? this.user.id : TYPED;
      if (!this.token) {
        this.dispatchEvent(new Event("change"));
      }
      return;
    }
    const [baseUrl, token] = [$("base-url").value.trim(), $("token-text").value.trim()];
    this.#keep({ user: TYPED, baseUrl, token });
    $("user").value = TYPED;
    this.dispatchEvent(new Event("change"));
  }

  #keep(kept) {
    this.#kept = kept;
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

function label(user) {
  const roles = Object.entries(user.roles).map(([workspace, role]) => `${role} of ${workspace}`);
  const [first, ...more] = user.admin ? ["sees all workspaces"] : roles;
  return `${user.name}: ${first ?? "no role"}${more.length ? ` and ${more.length} more` : ""}`;
}
