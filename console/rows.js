// The table of a page.

import { $, button, h, moment } from "./dom.js";

export const TRASH = "only";

/** Retention of each tier (CONTRACT.md section 4). */
const TIERS = { short: "7 days", medium: "30 days", long: "90 days", none: "forever" };

/** Show a page's rows; `actions` are functions of a row. */
export function showRows(rows, view, actions) {
  const columns = columnsOf(view, actions);
  $("head").replaceChildren(h("tr", {}, ...columns.map(([name]) => h("th", { scope: "col" }, name))));
  $("rows").replaceChildren(...rows.map((row) => line(row, columns)));
  $("empty").hidden = rows.length > 0;
  $("empty").textContent =
    view === TRASH ? "No install in the trash matches." : "No install matches.";
}

function columnsOf(view, actions) {
  const when =
    view === TRASH
      ? [
          ["Uninstalled", (row) => moment(row.deletedAt)],
          ["Retention", retention],
        ]
      : [
          ["Installed", (row) => moment(row.installedAt)],
          ["Policy", (row) => row.memberPolicy],
        ];
  return [
    ["Install", (row) => button(row.id, () => actions.open(row.id), { className: "link" })],
    ["Integration", (row) => row.integrationId],
    ["Workspace", (row) => row.workspaceId],
    ["Belongs to", belongs],
    ...when,
    ["Actions", (row) => h("div", { className: "actions" }, ...actionsOf(row, actions))],
  ];
}

/** Return the retention of a deleted install: its tier and days; no tier is forever. */
export function retention({ deletedAt, retentionTier }) {
  if (deletedAt === null) {
    return "–";
  }
  if (retentionTier === null) {
    return TIERS.none;
  }
  return retentionTier in TIERS ? `${retentionTier} (${TIERS[retentionTier]})` : retentionTier;
}

function belongs(row) {
  const to = [row.parentInstallId, row.solutionId].filter((one) => one !== null);
  return to.length ? to.join(", ") : "–";
}

/** Return the buttons of a row by its state; the API checks the role. */
export function actionsOf(row, actions) {
  const named = (text) => ({ ariaLabel: `${text} ${row.id}` });
  return row.deletedAt === null
    ? [button("Uninstall", () => actions.uninstall(row), named("Uninstall"))]
    : [
        button("Restore", () => actions.restore(row), named("Restore")),
        button("Purge", () => actions.purge(row), { ...named("Purge"), className: "danger" }),
      ];
}

function line(row, columns) {
  const cells = columns.map(([name, value]) => h("td", { data: { label: name } }, value(row)));
  return h("tr", { data: { id: row.id, deleted: String(row.deletedAt !== null) } }, ...cells);
}
