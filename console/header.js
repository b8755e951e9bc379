// The bar at the top: the pages, and the caller.

import { html, useState } from "./html.js";

/** The bar; `signIn` takes a function that changes the session. On a phone all but the title is behind
 * one button. */
export function Header({ session, signIn, openToken, openHelp }) {
  const [isOpen, setOpen] = useState(false);
  const chosen = session.user?.id ?? "";
  const choose = ({ target }) => {
    const { value } = target;
    target.value = chosen;
    if (value) {
      signIn((one) => one.choose(value));
    } else {
      openToken();
    }
  };
  return html`<header class=${isOpen ? "bar unfolded" : "bar"}>
    <h1>Integration Installs</h1>
    <button type="button" class="unfold" aria-expanded=${isOpen} onClick=${() => setOpen(!isOpen)}>Menu</button>
    <nav aria-label="Pages">
      <a href="../reference/">Reference</a>
      <a href="../docs/">Docs</a>
      <button type="button" class="plain" onClick=${openHelp}>Help</button>
    </nav>
    <div class="caller">
      ${session.users.length > 0 &&
      html`<label for="user">Act as</label>
        <select id="user" value=${chosen} onChange=${choose}>
          ${session.users.map((user) => html`<option value=${user.id}>${label(user, session)}</option>`)}
          <option value="">${session.token && !chosen ? "Another token" : "Another token…"}</option>
        </select>`}
      ${(session.users.length === 0 || !chosen) && html`<button type="button" onClick=${openToken}>${session.token ? "Change token" : "Sign in"}</button>`}
    </div>
  </header>`;
}

function label(user, session) {
  const roles = Object.entries(user.roles).map(([id, role]) => `${role} of ${session.workspaceName(id)}`);
  const [first, ...more] = user.admin ? ["sees all workspaces"] : roles;
  return `${user.name}: ${first ?? "no role"}${more.length ? ` and ${more.length} more` : ""}`;
}
