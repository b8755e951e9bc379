// The list that the address asks for: one request at a time, the rows kept until the next ones come.

import { isCancelled } from "./api.js";
import { TRASH } from "./address.js";
import { useCallback, useEffect, useRef, useState } from "./html.js";
import { RELATIONS } from "./names.js";

const NO_COUNT = { key: "", turn: 0, total: null };
const EMPTY = { page: null, key: "", address: null, problem: null, busy: true, at: 0 };

/** Use the page of an address, with the parameters that it means. */
export function useList(api, address, parameters) {
  const [list, setList] = useState(EMPTY);
  const [turn, setTurn] = useState(0);
  const key = JSON.stringify(parameters);
  useEffect(() => setList(EMPTY), [api]);
  useEffect(() => {
    if (api === null) {
      return undefined;
    }
    const request = new AbortController();
    setList((before) => ({ ...before, busy: true }));
    api.list({ ...parameters, include: RELATIONS.join() }, request.signal).then(
      (page) => setList({ page, key, address, limit: Number(parameters.limit), problem: null, busy: false, at: Date.now() }),
      (problem) => {
        if (!isCancelled(problem)) {
          setList((before) => ({ ...before, problem, busy: false }));
        }
      },
    );
    return () => request.abort();
  }, [api, key, turn]);
  const reload = useCallback(() => setTurn((number) => number + 1), []);
  return { ...list, busy: api !== null && list.busy, isCurrent: list.key === key && list.problem === null, turn, reload };
}

/** Use the totals of both views. The one of the view that is shown comes with its list. */
export function useTotals(api, list, parameters) {
  const { include_deleted, workspace_id, integration_id, filter } = parameters;
  const other = include_deleted === TRASH ? "false" : TRASH;
  const [count, setCount] = useState(NO_COUNT);
  useEffect(() => setCount(NO_COUNT), [api]);
  const key = JSON.stringify([other, workspace_id, integration_id, filter]);
  useEffect(() => {
    if (!list.isCurrent || (count.key === key && count.turn === list.turn)) {
      return undefined;
    }
    const request = new AbortController();
    const { turn } = list;
    api.count({ include_deleted: other, workspace_id, integration_id, filter }, request.signal).then(
      (total) => setCount({ key, turn, total }),
      (problem) => isCancelled(problem) || setCount({ key, turn, total: null }),
    );
    return () => request.abort();
  }, [api, key, list.isCurrent, list.turn]);
  const total = list.page?.pageInfo.total ?? null;
  const elsewhere = count.key === key ? count.total : null;
  return include_deleted === TRASH ? { installed: elsewhere, trash: total } : { installed: total, trash: elsewhere };
}

/** Return the numbers of the page's first and last row: exact at both ends of the list. */
export function position({ page, address, limit }) {
  const { total, hasNextPage, hasPreviousPage } = page.pageInfo;
  const rows = page.data.length;
  const number = Number(address.page || 1);
  if (!hasPreviousPage) {
    return [Math.min(1, rows), rows];
  }
  if (!hasNextPage) {
    return [total - rows + 1, total];
  }
  const first = (number - 1) * limit + 1;
  return [first, first + rows - 1];
}

/** Use whether the browser is online. */
export function useOnline(onReturn) {
  const [online, setOnline] = useState(navigator.onLine);
  const returned = useRef(onReturn);
  returned.current = onReturn;
  useEffect(() => {
    const follow = () => {
      setOnline(navigator.onLine);
      if (navigator.onLine) {
        returned.current();
      }
    };
    addEventListener("online", follow);
    addEventListener("offline", follow);
    return () => {
      removeEventListener("online", follow);
      removeEventListener("offline", follow);
    };
  }, []);
  return online;
}
