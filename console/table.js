// The table of a page. On a narrow screen each row is a card.

import { format, TRASH } from "./address.js";
import { FIRST_DIRECTION, orderBy, sortOf, SORTS } from "./fields.js";
import { deletedParent, grouped } from "./groups.js";
import { html, useEffect, useLayoutEffect, useRef } from "./html.js";
import { Initial, inWords, nameOf, parentName, personName, solutionName, versionOf, workspaceName } from "./names.js";
import { Actions, ChangeNote } from "./row-state.js";
import { Empty, Skeleton } from "./states.js";
import { purgeTime, Time } from "./times.js";

/** The columns of a view: class, label, sort if it has one, and the cell's content. */
const COLUMNS = {
  "": [
    ["workspace", "Workspace", "workspace", (row, known) => workspaceName(row.workspaceId, known)],
    ["belongs", "Belongs to", "solution", (row, known, link) => belongs(row, known, link)],
    ["person", "Installed by", "installer", (row, known) => personName(row.installedBy, known)],
    ["time", "Installed", "installedAt", (row) => html`<${Time} at=${row.installedAt} />`],
  ],
  [TRASH]: [
    ["workspace", "Workspace", "workspace", (row, known) => workspaceName(row.workspaceId, known)],
    ["belongs", "Belongs to", "solution", (row, known, link) => belongs(row, known, link)],
    ["time", "Uninstalled", "deletedAt", (row, known, link, actorOf) => html`<${Time} at=${row.deletedAt} />${actorOf && !deletedParent(row, known) && by(actorOf(row), known)}`],
    ["time end", "Deleted for good", null, (row) => (purgeTime(row) ? html`<${Time} at=${purgeTime(row)} />` : "Never")],
  ],
};

/** The rows of a list, or what there is in place of them. */
export function Table(properties) {
  const { list, api, view, known, address, selected, setSelected, session } = properties;
  const body = useRef(null);
  useFocusKept(body, list);
  if (api === null || (list.page === null && !list.busy)) {
    return null;
  }
  const rows = list.page?.data ?? null;
  if (rows?.length === 0) {
    return html`<${Empty} ...${properties} />`;
  }
  const lines = view === TRASH && rows ? grouped(rows, known) : (rows ?? []).map((row) => ({ row, depth: 0 }));
  const selectable = (row) =>
    session.may("editor", row.workspaceId) && !(view === TRASH && deletedParent(row, known));
  const all = lines.map(({ row }) => row).filter(selectable);
  const chosen = all.filter((row) => selected.includes(row.id));
  const columns = COLUMNS[view];
  return html`<table role="table" class=${`rows ${view ? "trash" : "installed"}`}>
    <thead role="rowgroup">
      <tr role="row">
        <th role="columnheader" class="select">
          ${all.length > 0
            ? html`<input type="checkbox" aria-label="Select all on this page" checked=${chosen.length === all.length}
                onChange=${({ target }) => setSelected(target.checked ? all.map((row) => row.id) : [])} />`
            : html`<span class="hidden">Selection</span>`}
        </th>
        <${Head} className="name" label="Integration" sort="integration" ...${properties} />
        ${columns.map(([name, label, sort]) => html`<${Head} key=${label} className=${name} label=${label} sort=${sort} ...${properties} />`)}
        <th role="columnheader" class="actions"><span class="hidden">Actions</span></th>
      </tr>
    </thead>
    <tbody role="rowgroup" ref=${body}>
      ${rows === null
        ? html`<${Skeleton} columns=${columns} />`
        : lines.map(({ row, depth }) => html`<${Row} key=${row.id} ...${properties} ...${{ row, depth, columns, selectable: selectable(row), isOpen: address.install === row.id }} />`)}
    </tbody>
  </table>`;
}

function Head({ className, label, sort, address, view, ask }) {
  const [name, direction] = sortOf(address.orderBy || orderBy(view === TRASH ? "deletedAt" : "installedAt", "desc"));
  if (!sort) {
    return html`<th role="columnheader" class=${className}>${label}</th>`;
  }
  const sorted = name === sort ? direction : null;
  const next = sorted === null ? (FIRST_DIRECTION[sort] ?? "asc") : sorted === "asc" ? "desc" : "asc";
  const words = { asc: "ascending", desc: "descending" };
  return html`<th role="columnheader" class=${className} aria-sort=${sorted ? words[sorted] : "none"}>
    <button type="button" class="head" onClick=${() => ask({ orderBy: orderBy(sort, next) })}>
      ${label}<span aria-hidden="true" class="arrow">${sorted === "asc" ? "↑" : sorted === "desc" ? "↓" : ""}</span>
    </button>
  </th>`;
}

/** The choice of a sort where the columns have no heads. */
export function SortChoice({ address, view, ask }) {
  const current = address.orderBy || orderBy(view === TRASH ? "deletedAt" : "installedAt", "desc");
  const names = Object.keys(SORTS).filter((name) => name !== (view === TRASH ? "installedAt" : "deletedAt"));
  const options = names.flatMap((name) =>
    ["asc", "desc"].map((direction) => [
      orderBy(name, direction),
      `${SORTS[name][0]}, ${FIRST_DIRECTION[name] ? { asc: "oldest first", desc: "newest first" }[direction] : { asc: "A to Z", desc: "Z to A" }[direction]}`,
    ]),
  );
  return html`<label class="sort">Sort
    <select value=${current} onChange=${({ target }) => ask({ orderBy: target.value })}>
      ${options.some(([value]) => value === current) || html`<option value=${current}>As in the JSON</option>`}
      ${options.map(([value, text]) => html`<option value=${value}>${text}</option>`)}
    </select>
  </label>`;
}

function Row({ row, depth, columns, selectable, isOpen, selected, setSelected, ...properties }) {
  const { known, view, address, open, changes } = properties;
  const change = changes[row.id];
  const link = (id, text, name) => html`<a id=${name} href=${format({ ...address, install: id })} onClick=${(event) => follow(event, () => open(id))}>${text}</a>`;
  const toggle = ({ target }) =>
    setSelected((before) => (target.checked ? [...before, row.id] : before.filter((id) => id !== row.id)));
  const parent = view === TRASH ? deletedParent(row, known) : null;
  const classes = [depth ? "below" : "", isOpen ? "open" : "", change ? "changing" : ""].filter(Boolean).join(" ");
  return html`<tr role="row" class=${classes} data-id=${row.id} style=${{ "--depth": depth }}>
      <td role="cell" class="select">
        ${selectable && html`<input type="checkbox" aria-label=${`Select ${inWords(row, known)}`} checked=${selected.includes(row.id)} onChange=${toggle} />`}
      </td>
      <td role="cell" class="name">
        <div class="who">
          <${Initial} id=${row.integrationId} name=${nameOf(row, known)} />
          <div>
            ${link(row.id, nameOf(row, known), `open-${row.id}`)}
            <span class="quiet"> ${versionOf(row, known)}</span>
          </div>
        </div>
      </td>
      ${columns.map(([name, label, , content]) => html`<td role="cell" key=${label} class=${name} data-label=${label}>${content(row, known, link, properties.actorOf)}</td>`)}
      <td role="cell" class="actions">
        ${parent
          ? html`<span class="quiet">Restored with ${link(parent.id, parentName(row, known))}</span>`
          : html`<${Actions} row=${row} ...${properties} />`}
      </td>
    </tr>
    ${change && html`<tr role="row" class="note"><td role="cell" colspan=${columns.length + 3}><${ChangeNote} row=${row} ...${properties} /></td></tr>`}`;
}

/** A line for the actor, which keeps its place until the actor is known; null if none is recorded. */
function by(id, known) {
  const text = id ? `by ${personName(id, known)}` : id === null ? "person not recorded" : "";
  return html` <span class="by" title=${text}>${text}</span>`;
}

function belongs(row, known, link) {
  const parent = row.parentInstallId && html`<span>Add-on of ${link(row.parentInstallId, parentName(row, known))}</span>`;
  const solution = row.solutionId && html`<span>${solutionName(row.solutionId, known)}</span>`;
  return parent || solution ? html`<div class="both">${parent}${solution}</div>` : html`<span class="quiet">–</span>`;
}

/** Follow a link within the page, unless it is to open elsewhere. */
export function follow(event, open) {
  if (event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    open();
  }
}

/** Move the focus to the list if the focused row is gone. */
function useFocusKept(body, list) {
  const inside = useRef(false);
  useEffect(() => {
    const notice = ({ target }) => {
      inside.current = body.current?.contains(target) ?? false;
    };
    document.addEventListener("focusin", notice);
    return () => document.removeEventListener("focusin", notice);
  }, []);
  useLayoutEffect(() => {
    if (inside.current && document.activeElement === document.body) {
      document.getElementById("list").focus();
    }
  }, [list.page]);
}
