// Views, search, facets and filters. Every choice is in the address at once.

import { TRASH } from "./address.js";
import { conditionsOf, describe, filterOf } from "./conditions.js";
import { html, lazy, useEffect, useLayoutEffect, useRef, useState } from "./html.js";
import { isOfQuery } from "./states.js";
import { SortChoice } from "./table.js";

const FilterForm = lazy(() => import("./filter-form.js"), "FilterForm");
const Editor = lazy(() => import("./editor.js"), "Editor");
const TYPING_PAUSE = 250;
const MOST_COUNTED = 12;

/** The controls above the list. */
export function Toolbar({ address, ask, totals, list, known, learn, session, search, api, parameters }) {
  const [shown, setShown] = useState("");
  const [isOpen, setOpen] = useState(false);
  const view = address.include_deleted;
  const refused = list.problem !== null && isOfQuery(list.problem);
  useEffect(() => refused && setShown("json"), [list.problem]);
  const toggle = (name) => () => setShown(shown === name ? "" : name);
  const conditions = conditionsOf(address.filter);
  const roles = session.user?.roles ?? {};
  const active = (conditions?.length ?? 1) + [address.workspace_id, address.integration_id].filter(Boolean).length;
  return html`<div class="toolbar">
    <nav class="views" aria-label="Views">
      <${View} text="Installed" total=${totals.installed} isCurrent=${!view} onClick=${() => ask({ include_deleted: "", orderBy: "" })} />
      <${View} text="Trash" total=${totals.trash} isCurrent=${view === TRASH} onClick=${() => ask({ include_deleted: TRASH, orderBy: "" })} />
    </nav>
    <search class="controls">
      <${SearchBox} address=${address} ask=${ask} input=${search} />
      <button type="button" class="unfold" aria-expanded=${isOpen} onClick=${() => setOpen(!isOpen)}>Filter and sort${active > 0 && html`<span class="count">${active}</span>`}</button>
      <div class=${isOpen ? "choices unfolded" : "choices"}>
        <${Facet} label="Workspace" all="All workspaces" name="workspace_id" include="workspace" rows=${known.workspaces} ids=${Object.keys(roles)} nameOf=${(id) => session.workspaceName(id)} ...${{ address, ask, api, learn, parameters }} />
        <${Facet} label="Integration" all="All integrations" name="integration_id" include="integration" rows=${known.integrations} ids=${[]} nameOf=${(id) => id} ...${{ address, ask, api, learn, parameters }} />
        <${SortChoice} address=${address} view=${view} ask=${ask} />
        <span class="buttons">
          <button type="button" aria-expanded=${shown === "form"} onClick=${toggle("form")}>Add filter</button>
          <button type="button" aria-expanded=${shown === "json"} onClick=${toggle("json")}>JSON</button>
        </span>
      </div>
    </search>
    ${conditions?.length > 0 && html`<ul class="chips" aria-label="Filters">
      ${conditions.map((condition, at) => html`<${Chip} key=${JSON.stringify(condition)} text=${describe(condition)} remove=${() => ask({ filter: filterOf(conditions.filter((_, number) => number !== at)) })} />`)}
      <li><button type="button" class="plain" onClick=${() => ask({ filter: "" })}>Clear filters</button></li>
    </ul>`}
    ${shown === "form" && html`<${FilterForm} close=${() => setShown("")} add=${(condition) => ask({ filter: filterOf([...(conditions ?? []), condition]) })} />`}
    ${shown === "json" && html`<${Editor} ...${{ address, ask, problem: refused ? list.problem : null, url: api?.listUrl(parameters) ?? "" }} />`}
  </div>`;
}

function View({ text, total, isCurrent, onClick }) {
  return html`<button type="button" aria-current=${isCurrent ? "page" : undefined} onClick=${onClick}>
    ${text}<span class="count">${total === null ? "" : total.toLocaleString()}</span>
  </button>`;
}

function SearchBox({ address, ask, input }) {
  const [text, setText] = useState(address.q);
  const timer = useRef(null);
  useLayoutEffect(() => {
    if (text.trim() !== address.q) {
      clearTimeout(timer.current);
      setText(address.q);
    }
  }, [address.q]);
  const apply = (value) => {
    clearTimeout(timer.current);
    if (value.trim() !== address.q) {
      ask({ q: value.trim() }, { replace: address.q !== "" });
    }
  };
  const typed = ({ target }) => {
    setText(target.value);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => apply(target.value), TYPING_PAUSE);
  };
  const submit = (event) => {
    event.preventDefault();
    apply(text);
  };
  return html`<form class="search" onSubmit=${submit}>
    <label class="hidden" for="search">Search</label>
    <input id="search" type="search" ref=${input} value=${text} placeholder="Search integrations, solutions, workspaces" autocomplete="off" spellcheck=${false} onInput=${typed} />
  </form>`;
}

/** A choice among the names that are known; their counts are asked for when the reader is about to
 * choose, for few of them. */
function Facet({ label, all, name, include, rows, ids, nameOf, address, ask, api, learn, parameters }) {
  const [counts, setCounts] = useState({});
  useEffect(() => setCounts({}), [api]);
  const value = address[name];
  const { include_deleted, workspace_id, integration_id, filter } = parameters;
  const others = { include_deleted, workspace_id, integration_id, filter, [name]: "" };
  const key = JSON.stringify(others);
  const every = [...new Set([...Object.keys(rows), ...ids, ...(value ? [value] : [])])];
  const options = every.map((id) => [id, rows[id]?.name ?? nameOf(id)]).sort(([, a], [, b]) => a.localeCompare(b));
  const count = async () => {
    if (api && counts.key !== key && every.length <= MOST_COUNTED) {
      setCounts({ key });
      const pages = await Promise.all(every.map((id) => api.list({ ...others, [name]: id, limit: "1", include }).catch(() => null)));
      pages.forEach((page) => page && learn(page.included));
      const totals = Object.fromEntries(every.map((id, at) => [id, pages[at]?.pageInfo.total]));
      setCounts((now) => (now.key === key ? { key, ...totals } : now));
    }
  };
  const total = (id) => (counts.key === key && counts[id] != null ? ` (${counts[id]})` : "");
  return html`<select aria-label=${label} value=${value} onFocus=${count} onPointerEnter=${count} onChange=${({ target }) => ask({ [name]: target.value })}>
    <option value="">${all}</option>
    ${options.map(([id, text]) => html`<option key=${id} value=${id}>${text}${total(id)}</option>`)}
  </select>`;
}

function Chip({ text, remove }) {
  return html`<li class="chip"><span>${text}</span><button type="button" class="icon" aria-label=${`Remove filter: ${text}`} onClick=${remove}>✕</button></li>`;
}
