// The whole page: the caller, the address, the list, the open install, and what is under way.

import { useActors } from "./actors.js";
import { Api } from "./api.js";
import { TRASH, useAddress } from "./address.js";
import { useChanges } from "./changes.js";
import { parametersOf } from "./conditions.js";
import { Header } from "./header.js";
import { Fragment, html, lazy, loadLater, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./html.js";
import { useList, useOnline, useTotals } from "./list.js";
import { merged, NOTHING } from "./names.js";
import { Pager } from "./pager.js";
import { Selection } from "./selection.js";
import { useShortcuts } from "./shortcuts.js";
import { Failures, Notice } from "./states.js";
import { Table } from "./table.js";
import { Toasts, useToasts } from "./toasts.js";
import { Toolbar } from "./toolbar.js";

const Panel = lazy(() => import("./panel.js"), "Panel");
const Dialogs = lazy(() => import("./dialogs.js"), "Dialogs");

const MOST_UNNAMED = 5;

/** The console of a session. */
export function App({ session }) {
  const [signIns, setSignIns] = useState(0);
  const api = useMemo(() => (session.token ? new Api(session.baseUrl, session.token) : null), [signIns]);
  const { address, trail, go, ask } = useAddress();
  const parameters = parametersOf(address);
  const list = useList(api, address, parameters);
  const totals = useTotals(api, list, parameters);
  const online = useOnline(list.reload);
  const known = useKnown(api, list.page);
  const [dialog, setDialog] = useState(null);
  const [announcement, say] = useState("");
  const [selected, setSelected] = useState([]);
  const { toasts, toast, drop } = useToasts(api);
  const opened = useRef("");
  const gone = (ids) => ids.includes(opened.current) && go({ install: "" }, { replace: true });
  const open = useCallback((id) => go({ install: id }), []);
  const { changes, change, dismiss, failures, forget } = useChanges({ api, session, known: known.rows, reload: list.reload, open, gone, toast, say });
  const actorOf = useActors(api, list, known.rows, known.learn);
  const search = useRef(null);

  const view = list.address?.include_deleted ?? address.include_deleted;
  const rows = list.page?.data ?? [];
  const chosen = rows.filter((row) => selected.includes(row.id));
  useEffect(() => setSelected([]), [api, view]);
  useEffect(() => {
    if (!list.busy && list.page) {
      const { total } = list.page.pageInfo;
      say(`${total} ${total === 1 ? "install" : "installs"}${view === TRASH ? " in the trash" : ""}.`);
    }
  }, [list.page]);
  useEffect(() => list.page && loadLater(), [list.page === null]);
  useEffect(() => {
    const leave = () => setDialog(null);
    addEventListener("popstate", leave);
    return () => removeEventListener("popstate", leave);
  }, []);
  useLayoutEffect(() => {
    const closed = opened.current;
    opened.current = address.install;
    if (closed && !address.install && document.activeElement === document.body) {
      (document.getElementById(`open-${closed}`) ?? document.getElementById("list")).focus();
    }
  }, [address.install]);

  const signIn = useCallback((choose) => {
    choose(session);
    setDialog(null);
    go({ install: "" }, { replace: true });
    setSignIns((number) => number + 1);
  }, []);
  const close = useCallback(() => go({ install: "" }), []);
  /** Begin a change: what cannot be undone by one click asks first. */
  const begin = (kind, changed) => (kind === "restore" ? change(kind, changed) : setDialog({ kind, rows: changed }));
  useShortcuts({ rows, address, changes, close, begin, session, search, dialog, setDialog });

  const shared = { api, session, known: known.rows, changes, begin, change, dismiss, open, address };
  return html`<${Fragment}>
    <a class="skip" href="#list" onClick=${skip}>Skip to the list</a>
    <${Header} session=${session} signIn=${signIn} openToken=${() => setDialog({ kind: "token" })} openHelp=${() => setDialog({ kind: "help" })} />
    <main class=${address.install ? "with-panel" : ""}>
      <div class="work">
        <${Toolbar} ...${{ address, ask, go, totals, list, known: known.rows, learn: known.learn, session, search, api, parameters }} />
        <${Notice} ...${{ api, session, list, online, openToken: () => setDialog({ kind: "token" }) }} />
        <section id="list" class="list" aria-label="Installs" aria-busy=${list.busy} tabindex="-1">
          ${failures && html`<${Failures} ...${failures} known=${known.rows} forget=${forget} />`}
          <${Selection} ...${{ chosen, view, session, begin, known: known.rows, clear: () => setSelected([]) }} />
          <${Table} ...${{ ...shared, list, view, selected, setSelected, ask, go, totals, actorOf }} />
        </section>
        <${Pager} ...${{ list, address, trail, go, ask }} />
      </div>
      ${address.install && api && html`<${Panel} key=${address.install} ...${{ ...shared, id: address.install, close, learn: known.learn, turn: list.turn }} />`}
    </main>
    ${dialog && html`<${Dialogs} key=${dialog} ...${{ ...shared, dialog, signIn, close: () => setDialog((now) => (now === dialog ? null : now)), learn: known.learn }} />`}
    <${Toasts} toasts=${toasts} drop=${drop} />
    <p class="hidden" role="status">${announcement}</p>
  <//>`;
}

/** Use the related rows that answers to a caller have included so far. */
function useKnown(api, page) {
  const [rows, setRows] = useState(NOTHING);
  const caller = useRef(api);
  caller.current = api;
  // An answer that comes after the caller has changed is not for the next one.
  const learn = useCallback((included) => caller.current === api && setRows((before) => merged(before, included)), [api]);
  useEffect(() => setRows(NOTHING), [api]);
  const together = useMemo(() => merged(rows, page?.included), [rows, page]);
  useEffect(() => {
    if (page === null) {
      return undefined;
    }
    learn(page.included);
    const request = new AbortController();
    for (const integration_id of unnamed(together).slice(0, MOST_UNNAMED)) {
      const one = { integration_id, include_deleted: "true", include: "integration", limit: "1" };
      api.list(one, request.signal).then(({ included }) => learn(included), () => {});
    }
    return () => request.abort();
  }, [page]);
  return { rows: together, learn };
}

/** Return the integrations of parents that no row of a page has: an answer does not include them. */
function unnamed({ parentInstalls, integrations }) {
  const ids = Object.values(parentInstalls).map((parent) => parent.integrationId);
  return [...new Set(ids)].filter((id) => !integrations[id]);
}

function skip(event) {
  event.preventDefault();
  document.getElementById("list").focus();
}
