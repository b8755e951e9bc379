// Names of related rows, as far as answers have included them.

import { html } from "./html.js";

/** The relations of a list that it shows by name: one request a page. */
export const RELATIONS = ["integration", "integrationVersion", "workspace", "solution", "parentInstall", "installer"];

export const NOTHING = {
  integrations: {},
  integrationVersions: {},
  workspaces: {},
  solutions: {},
  parentInstalls: {},
  users: {},
};

/** Return known rows together with those of an answer. */
export function merged(known, included = {}) {
  const kinds = Object.keys(NOTHING);
  return Object.fromEntries(kinds.map((kind) => [kind, { ...known[kind], ...included[kind] }]));
}

/** Return the name of an install: that of its integration, or an id where that is hidden. */
export const nameOf = (row, known) => known.integrations[row.integrationId]?.name ?? row.integrationId;

/** Return the name of a workspace. */
export const workspaceName = (id, known) => known.workspaces[id]?.name ?? id;

/** Return the name of a person. */
export const personName = (id, known) => known.users[id]?.name ?? id;

/** Return the name of a solution. */
export const solutionName = (id, known) => known.solutions[id]?.name ?? id;

/** Return the version of an install, if it is known. */
export const versionOf = (row, known) => known.integrationVersions[row.integrationVersionId]?.version ?? "";

/** Return an install in words, such as "CRM in Acme". */
export const inWords = (row, known) => `${nameOf(row, known)} in ${workspaceName(row.workspaceId, known)}`;

/** Return the name of an install's parent, if the install is an add-on. */
export function parentName(row, known) {
  const parent = known.parentInstalls[row.parentInstallId];
  return parent ? nameOf(parent, known) : row.parentInstallId;
}

/** The initial of a name, on a colour of its own. */
export function Initial({ id, name }) {
  const hue = [...id].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
  const letters = new Intl.Segmenter().segment(name)[Symbol.iterator]();
  return html`<span class="initial" aria-hidden="true" style=${{ "--hue": hue }}>${letters.next().value?.segment.toUpperCase()}</span>`;
}
