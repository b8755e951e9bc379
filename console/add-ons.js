// The add-ons of an install as a tree, those in the trash with it.

import { html, useState } from "./html.js";
import { nameOf, versionOf } from "./names.js";

const INCLUDED = "integration,integrationVersion";

/** Return the add-ons of installs by their parent; `ids` without add-ons have empty lists. */
export async function loadTree(api, ids, learn, signal) {
  const parents = ids.slice(0, 100);
  const filter = JSON.stringify({ parentInstallId: { in: parents } });
  const page = await api.list({ filter, include_deleted: "true", include: INCLUDED }, signal);
  learn(page.included);
  const tree = Object.fromEntries(parents.map((id) => [id, []]));
  page.data.forEach((row) => tree[row.parentInstallId].push(row));
  return { children: tree, more: page.pageInfo.hasNextPage };
}

/** The tree; what is deeper than two levels is loaded by a click. */
export function AddOns({ tree, install, known, link, api, learn, retry }) {
  const [deeper, setDeeper] = useState({});
  const [unread, setUnread] = useState("");
  if (tree === null) {
    return html`<section><h3>Add-ons</h3><span class="bone"></span></section>`;
  }
  if (tree.problem) {
    return html`<section><h3>Add-ons</h3><p class="wrong" role="alert">Not loaded: ${tree.problem.message} <button type="button" onClick=${retry}>Retry</button></p></section>`;
  }
  const children = { ...tree.children, ...deeper };
  const expand = async (id) => {
    try {
      const { children: found } = await loadTree(api, [id], learn);
      setUnread("");
      setDeeper((before) => ({ ...before, ...found }));
    } catch (problem) {
      setUnread(problem.message);
    }
  };
  const top = children[install.id] ?? [];
  return html`<section>
    <h3>Add-ons <span class="count">${top.length}</span></h3>
    ${top.length ? html`<${Branch} ...${{ rows: top, children, known, link, expand, install }} />` : html`<p class="quiet">No add-ons.</p>`}
    ${unread && html`<p class="wrong" role="alert">Not loaded: ${unread}</p>`}
    ${tree.more && html`<p class="quiet">Only the first 100 are shown.</p>`}
  </section>`;
}

function Branch({ rows, ...properties }) {
  const { children, known, link, expand, install } = properties;
  return html`<ul class="tree">
    ${rows.map(
      (row) => html`<li key=${row.id}>
        ${link(row.id, nameOf(row, known))} <span class="quiet">${versionOf(row, known)}</span>
        ${row.deletedAt && html` <span class="mark">${isEarlier(row, install) ? "Uninstalled earlier" : "In the trash"}</span>`}
        ${children[row.id]
          ? children[row.id].length > 0 && html`<${Branch} ...${properties} rows=${children[row.id]} />`
          : html` <button type="button" class="plain" aria-label=${`Show add-ons of ${nameOf(row, known)}`} onClick=${() => expand(row.id)}>Show add-ons</button>`}
      </li>`,
    )}
  </ul>`;
}

/** Return true for an add-on that a restore of the install leaves in the trash. */
const isEarlier = (row, install) => install.deletedAt !== null && row.deletedAt !== install.deletedAt;
