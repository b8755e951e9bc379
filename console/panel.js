// One install beside the list, at an address of its own: facts, members, add-ons, activity.

import { Activity } from "./activity.js";
import { AddOns, loadTree } from "./add-ons.js";
import { format, TRASH } from "./address.js";
import { isCancelled } from "./api.js";
import { LABELS, POLICIES, RETENTION } from "./fields.js";
import { deletedParent } from "./groups.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "./html.js";
import { Members } from "./members.js";
import { Initial, nameOf, parentName, personName, RELATIONS, solutionName, versionOf, workspaceName } from "./names.js";
import { Actions, ChangeNote } from "./row-state.js";
import { Plate } from "./states.js";
import { follow } from "./table.js";
import { purgeTime, Time } from "./times.js";

const INCLUDED = [...RELATIONS, "members", "addOns"];
const NOTHING_SHOWN = { install: null, included: null, tree: null, problem: null };

/** The panel of an install. */
export function Panel(properties) {
  const { id, api, learn, close, turn, address } = properties;
  const [shown, setShown] = useState(NOTHING_SHOWN);
  const [attempt, setAttempt] = useState(0);
  const retry = () => setAttempt((number) => number + 1);
  const panel = useRef(null);
  useLayoutEffect(() => panel.current.focus(), []);
  useEffect(() => {
    const request = new AbortController();
    const inTrash = shown.install ? shown.install.deletedAt !== null : address.include_deleted === TRASH;
    load({ api, id, learn, setShown, inTrash, signal: request.signal });
    return () => request.abort();
  }, [api, turn, attempt]);
  const { install, problem } = shown;
  useLayoutEffect(() => {
    panel.current.scrollTop = 0; // Its state, and what may be done now, are at its head.
  }, [install === null || install.deletedAt]);
  return html`<section class="panel" ref=${panel} tabindex="-1" aria-labelledby="panel-title" aria-busy=${install === null && problem === null}>
    <button type="button" class="icon close" aria-label="Close" onClick=${close}>✕</button>
    ${problem && html`<${Unread} problem=${problem} retry=${retry} titled=${install === null} />`}
    ${install && html`<${Content} ...${properties} ...${shown} retry=${retry} />`}
    ${!problem && !install && html`<h2 id="panel-title" class="hidden">Loading</h2>${Array.from({ length: 9 }, () => html`<span class="bone"></span>`)}`}
  </section>`;
}

/** A problem in place of an install, or above the one that was loaded before. */
function Unread({ problem, retry, titled }) {
  if (problem.status === 404) {
    return html`<h2 id="panel-title">No such install</h2><p role="alert">It does not exist any more, or you may not see it.</p>`;
  }
  return html`${titled && html`<h2 id="panel-title">Not loaded</h2>`}
    <${Plate} title=${problem.title} text=${problem.message} requestId=${problem.requestId}>
      <button type="button" onClick=${retry}>Retry</button>
    <//>`;
}

/** Load an install, and then its add-ons with theirs: a request each. */
async function load({ api, id, learn, setShown, inTrash, signal }) {
  try {
    const { included, ...install } = await loadInstall(api, id, inTrash, signal);
    learn(included);
    setShown((before) => ({ ...before, install, included, problem: null }));
    const tree = await loadTree(api, [id, ...included.addOns.data.map((row) => row.id)], learn, signal).catch((problem) => ({ problem }));
    if (!signal.aborted) {
      setShown({ install, included, tree, problem: null });
    }
  } catch (problem) {
    if (!isCancelled(problem)) {
      setShown((before) => ({ ...(problem.status === 404 ? NOTHING_SHOWN : before), problem }));
    }
  }
}

/** Return an install with its members and add-ons: live ones, or if it is in the trash those there.
 * If it is not where it was thought to be, it is asked for again. */
async function loadInstall(api, id, inTrash, signal) {
  const names = api.hasHistory ? [...INCLUDED, "history"] : INCLUDED;
  const install = await api.get(id, names, signal, { deleted: inTrash });
  const isDeleted = install.deletedAt !== null;
  return isDeleted === inTrash ? install : api.get(id, names, signal, { deleted: isDeleted });
}

function Content(properties) {
  const { install, included, tree, known, changes, address, open, api, learn, retry } = properties;
  const link = (id, text) => html`<a href=${format({ ...address, install: id })} onClick=${(event) => follow(event, () => open(id))}>${text}</a>`;
  const parent = deletedParent(install, known);
  const actions = parent ? null : html`<${Actions} row=${install} ...${properties} />`;
  return html`
    <header>
      <${Initial} id=${install.integrationId} name=${nameOf(install, known)} />
      <div>
        <h2 id="panel-title">${nameOf(install, known)}</h2>
        <p class="quiet">${workspaceName(install.workspaceId, known)}${versionOf(install, known) && ` · ${versionOf(install, known)}`}</p>
      </div>
      <span class=${`state ${install.deletedAt ? "trash" : "live"}`}>${install.deletedAt ? "In the trash" : "Installed"}</span>
    </header>
    ${install.deletedAt && html`<p class="banner">Uninstalled <${Time} at=${install.deletedAt} />${by(included.history, known)}.${isUnrecorded(included.history) && " Who did it is not recorded."}
      ${parent ? html` It went with ${link(parent.id, parentName(install, known))}, and is restored with it.` : purgeTime(install) ? html` Deleted for good <${Time} at=${purgeTime(install)} />.` : " It is kept until somebody deletes it for good."}</p>`}
    <div class="buttons">${actions}</div>
    ${changes[install.id] && html`<${ChangeNote} row=${install} ...${properties} />`}
    <${Facts} install=${install} known=${known} link=${link} />
    <${Members} install=${install} members=${included.members} />
    <${AddOns} ...${{ tree, install, known, link, api, learn, retry }} />
    <${Activity} history=${included.history} known=${known} />
    <section><h3>${LABELS.variables}</h3><pre tabindex="0">${JSON.stringify(install.variables, null, 2)}</pre></section>`;
}

/** Return who uninstalled it, as far as the history tells. */
function by(history, known) {
  const id = history?.data.find(({ kind }) => kind === "uninstalled")?.actor.id;
  return id ? html` by <strong>${personName(id, known)}</strong>` : "";
}

/** Return true if the history is complete and has no uninstall, as of rows that came in deleted. */
const isUnrecorded = (history) => history && !history.hasMore && !history.data.some(({ kind }) => kind === "uninstalled");

function Facts({ install, known, link }) {
  const facts = [
    ["workspaceId", workspaceName(install.workspaceId, known)],
    ["integrationId", nameOf(install, known)],
    ["integrationVersionId", versionOf(install, known)],
    ["parentInstallId", install.parentInstallId && link(install.parentInstallId, parentName(install, known))],
    ["solutionId", install.solutionId && solutionName(install.solutionId, known)],
    ["installedBy", personName(install.installedBy, known)],
    ["authStateId", ""],
    ["id", ""],
  ];
  return html`<dl class="facts">
    <${Fact} name="installedAt"><${Time} at=${install.installedAt} both /><//>
    <${Fact} name="lastUpgradedAt"><${Time} at=${install.lastUpgradedAt} both /><//>
    ${install.deletedAt && html`<${Fact} name="deletedAt"><${Time} at=${install.deletedAt} both /><//>
      <${Fact} name="retentionTier">${RETENTION[install.retentionTier] ?? "–"}${purgeTime(install) && html`, until <${Time} at=${purgeTime(install)} both />`}<//>`}
    <${Fact} name="memberPolicy">${POLICIES[install.memberPolicy]}<//>
    ${facts.filter(([name]) => install[name]).map(([name, shown]) => html`<${Fact} key=${name} name=${name}>${shown !== install[name] && shown} <${Id} value=${install[name]} /><//>`)}
  </dl>`;
}

function Fact({ name, children }) {
  return html`<div><dt>${LABELS[name]}</dt><dd>${children}</dd></div>`;
}

/** An id that a click copies. */
function Id({ value }) {
  const [told, tell] = useState("Copy");
  const copy = async ({ currentTarget }) => {
    const text = currentTarget.firstChild;
    try {
      await navigator.clipboard.writeText(value);
      tell("Copied");
    } catch {
      // Not allowed, or not over HTTPS: the reader's own keys still copy it.
      getSelection().selectAllChildren(text);
      tell("Selected");
    }
    setTimeout(() => tell("Copy"), 2000);
  };
  return html`<button type="button" class="id" title="Copy" onClick=${copy}><code>${value}</code> <span>${told}</span></button>`;
}
