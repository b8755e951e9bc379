// What may be done to an install, and what is under way, in its row and in its panel.

import { isUnderWay, ROLES } from "./changes.js";
import { counted } from "./fields.js";
import { html } from "./html.js";
import { inWords, workspaceName } from "./names.js";

const SENT = { uninstall: "Uninstalling…", restore: "Restoring…", purge: "Deleting for good…" };
const FOLLOWING = { uninstall: "Moving to the trash", restore: "Coming back" };
const FAILED = { uninstall: "Not uninstalled", restore: "Not restored", purge: "Not deleted" };

/** The buttons of an install, none that the API would refuse. */
export function Actions({ row, session, changes, begin, known }) {
  const busy = isUnderWay(changes[row.id]);
  const offered = row.deletedAt === null ? [["uninstall", "Uninstall"]] : [["restore", "Restore"], ["purge", "Delete for good"]];
  const allowed = offered.filter(([kind]) => session.may(ROLES[kind], row.workspaceId));
  return allowed.map(
    ([kind, text]) => html`<button key=${kind} type="button" class=${kind === "purge" ? "danger" : ""} disabled=${busy}
      aria-label=${`${text} ${inWords(row, known)}`} onClick=${() => begin(kind, [row])}>${text}</button>`,
  );
}

/** The state of a change, or its failure with another try. */
export function ChangeNote({ row, changes, change, dismiss, known }) {
  const { kind, phase, problem, left, most } = changes[row.id];
  if (phase === "failed") {
    return html`<div class="failure" role="alert">
      <span><strong>${FAILED[kind]}.</strong> ${problem.status === 403 ? `You need the role ${ROLES[kind]} in ${workspaceName(row.workspaceId, known)}.` : problem.message}</span>
      ${problem.requestId && html`<span class="quiet">Request ${problem.requestId}</span>`}
      <span class="buttons">
        ${problem.status !== 403 && html`<button type="button" onClick=${() => change(kind, [row])}>Try again</button>`}
        <button type="button" onClick=${() => dismiss(row.id)}>Dismiss</button>
      </span>
    </div>`;
  }
  if (phase === "sent") {
    return html`<div class="progress"><span>${SENT[kind]}</span><progress aria-label=${SENT[kind]} /></div>`;
  }
  const text = kind === "uninstall" ? `${FOLLOWING[kind]}: ${counted(left, "member or add-on", "members and add-ons")} to go` : `${FOLLOWING[kind]}: members, add-ons and solution follow`;
  return html`<div class="progress"><span>${text}</span>
    ${kind === "uninstall" ? html`<progress aria-label=${text} max=${most} value=${most - left} />` : html`<progress aria-label=${text} />`}
  </div>`;
}
