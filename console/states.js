// What stands in place of rows, and above them: loading, empty, failed, signed out, offline.

import { TRASH } from "./address.js";
import { PAST } from "./changes.js";
import { counted } from "./fields.js";
import { html } from "./html.js";
import { inWords, workspaceName } from "./names.js";

const ADVICE = {
  0: "Is the service running, and does it allow this page's origin?",
  422: "Narrow it: choose a workspace or an integration, or filter by a date.",
  429: "Wait a moment and try again.",
  503: "Wait a moment and try again.",
};
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

/** Rows that are still to come, of the height of rows. */
export function Skeleton({ columns }) {
  return Array.from(
    { length: 8 },
    (_, number) => html`<tr role="row" class="skeleton" key=${number}>
      <td role="cell" class="select"></td>
      <td role="cell" class="name"><div class="who"><span class="initial"></span><span class="bone"></span></div></td>
      ${columns.map(([name, label]) => html`<td role="cell" key=${label} class=${name}><span class="bone"></span></td>`)}
      <td role="cell" class="actions"></td>
    </tr>`,
  );
}

/** A problem of the list, above the rows that it leaves. */
export function Notice({ api, session, list, online, openToken }) {
  const since = list.at ? ` The rows below are those of ${clock.format(list.at)}.` : "";
  if (api === null) {
    return html`<${Plate} calm title="Not signed in" text="The list needs a token or an API key."><button type="button" class="primary" onClick=${openToken}>Sign in</button><//>`;
  }
  if (!online) {
    return html`<${Plate} calm title="You are offline" text=${`The list is loaded again when the connection is back.${since}`} />`;
  }
  const { problem } = list;
  if (problem === null || isOfQuery(problem)) {
    return null;
  }
  if (problem.status === 401) {
    const ended = session.expiry !== null && session.expiry < Date.now();
    return ended
      ? html`<${Plate} title="Signed out" text=${`Your token expired at ${clock.format(session.expiry)}. Sign in again to go on.`}><button type="button" class="primary" onClick=${openToken}>Sign in again</button><//>`
      : html`<${Plate} title="Not signed in" text="The API does not accept this token or key. It may be mistyped or revoked."><button type="button" class="primary" onClick=${openToken}>Use another token</button><//>`;
  }
  const text = `${problem.message} ${ADVICE[problem.status] ?? ""}${since}`;
  return html`<${Plate} title=${problem.status ? problem.title : "No answer"} text=${text} requestId=${problem.requestId}>
    <button type="button" onClick=${list.reload} disabled=${list.busy}>Retry</button>
  <//>`;
}

/** Return true for a problem that the filter's editor shows at its place. */
export const isOfQuery = ({ errors }) =>
  errors.length > 0 && errors.every(({ parameter }) => parameter === "filter" || parameter === "orderBy");

/** The changes of several installs that failed, and why. */
export function Failures({ kind, failed, of, known, forget }) {
  return html`<div class="plate" role="alert">
    <div>
      <strong>${failed.length} of ${counted(of, "install")} ${failed.length === 1 ? "was" : "were"} not ${PAST[kind]}</strong>
      <ul>${failed.map(({ row, problem }) => html`<li key=${row.id}>${inWords(row, known)}: ${problem.message}</li>`)}</ul>
    </div>
    <button type="button" onClick=${forget}>Dismiss</button>
  </div>`;
}

/** A notice; a calm one tells of no fault. */
export function Plate({ title, text, requestId, calm, children }) {
  return html`<div class=${calm ? "plate calm" : "plate"} role="alert">
    <div><strong>${title}</strong><p>${text}</p>${requestId && html`<p class="quiet">Request ${requestId}</p>`}</div>
    ${children}
  </div>`;
}

/** The next step where a list is empty. */
export function Empty({ view, address, totals, ask, session, known }) {
  const { q, workspace_id, integration_id, filter } = address;
  const narrowed = q || workspace_id || integration_id || filter;
  const trash = view === TRASH;
  const elsewhere = trash ? totals.installed : totals.trash;
  const other = elsewhere ? html`<button type="button" onClick=${() => ask({ include_deleted: trash ? "" : TRASH })}>Show ${elsewhere} ${trash ? "installed" : "in the trash"}</button>` : null;
  if (address.after || address.before) {
    return html`<div class="empty"><p><strong>This page has no rows any more.</strong></p><button type="button" onClick=${() => ask({})}>First page</button></div>`;
  }
  if (narrowed) {
    return html`<div class="empty">
      <p><strong>${trash ? "Nothing in the trash matches." : "No install matches."}</strong></p>
      ${workspace_id && html`<p>Perhaps you have no role in ${workspaceName(workspace_id, known)}.</p>`}
      <div class="buttons">
        ${q && html`<button type="button" onClick=${() => ask({ q: "" })}>Clear the search</button>`}
        ${workspace_id && html`<button type="button" onClick=${() => ask({ workspace_id: "" })}>All workspaces</button>`}
        ${integration_id && html`<button type="button" onClick=${() => ask({ integration_id: "" })}>All integrations</button>`}
        ${filter && html`<button type="button" onClick=${() => ask({ filter: "" })}>Remove the filters</button>`}
        ${other}
      </div>
    </div>`;
  }
  const noRole = session.user && !session.user.admin && Object.keys(session.user.roles).length === 0;
  const text = noRole
    ? "You have no role in any workspace. Ask an admin of one to add you."
    : trash
      ? "What is uninstalled waits here until its retention ends."
      : "Nothing is installed in your workspaces. If that is unexpected, ask their admin for a role.";
  return html`<div class="empty">
    <p><strong>${trash ? "The trash is empty" : "No installs"}</strong></p><p>${text}</p>
    <div class="buttons">${other}</div>
  </div>`;
}
