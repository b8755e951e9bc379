// The bar of selected installs: one click for all of them.

import { TRASH } from "./address.js";
import { ROLES } from "./changes.js";
import { counted } from "./fields.js";
import { html } from "./html.js";

/** The number of selected rows, and what may be done to all of them. */
export function Selection({ chosen, view, session, begin, clear }) {
  if (chosen.length === 0) {
    return null;
  }
  const may = (kind) => chosen.every((row) => session.may(ROLES[kind], row.workspaceId));
  const act = (kind) => () => {
    begin(kind, chosen);
    clear();
  };
  return html`<div class="selection" role="group" aria-label="Selected installs">
    <strong>${counted(chosen.length, "install")} selected</strong>
    ${view === TRASH
      ? html`<button type="button" onClick=${act("restore")}>Restore all</button>
          ${may("purge") && html`<button type="button" class="danger" onClick=${act("purge")}>Delete all for good…</button>`}`
      : html`<button type="button" class="danger" onClick=${act("uninstall")}>Uninstall all…</button>`}
    <button type="button" class="plain" onClick=${clear}>Clear</button>
  </div>`;
}
