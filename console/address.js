// The page's address: the list, its page and the open install. A link repeats all of it.

import { useCallback, useEffect, useState } from "./html.js";

const NAMES = [
  "include_deleted",
  "q",
  "workspace_id",
  "integration_id",
  "filter",
  "orderBy",
  "limit",
  "page",
  "after",
  "before",
  "install",
];
const FIRST_PAGE = { page: "", after: "", before: "" };

export const TRASH = "only";
export const LIMITS = ["10", "25", "50", "100"];

/** Return the parameters in a fragment, those that the page knows. */
export function parse(fragment) {
  const values = new URLSearchParams(fragment.slice(1));
  const address = Object.fromEntries(NAMES.map((name) => [name, values.get(name) ?? ""]));
  return {
    ...address,
    include_deleted: address.include_deleted === TRASH ? TRASH : "",
    limit: LIMITS.includes(address.limit) ? address.limit : "",
    page: /^[1-9]\d{0,8}$/.test(address.page) && (address.after || address.before) ? address.page : "",
  };
}

/** Return the fragment of an address, without what is empty. */
export function format(address) {
  const entries = NAMES.filter((name) => address[name]).map((name) => [name, address[name]]);
  return `#${new URLSearchParams(entries)}`;
}

/** Return an address with changes that ask for another list: its first page. */
export const asking = (address, changes) => ({ ...address, ...FIRST_PAGE, ...changes });

function current() {
  return { address: parse(location.hash), trail: history.state?.trail ?? [] };
}

/** Use the address. `trail` has the cursors of the pages before this one, oldest first; the browser
 * keeps it with the history entry. */
export function useAddress() {
  const [entry, setEntry] = useState(current);
  useEffect(() => {
    const follow = () => setEntry(current());
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, []);
  const go = useCallback((changes, { replace = false, trail } = {}) => {
    const here = current();
    const fragment = format({ ...here.address, ...changes });
    const state = { trail: trail ?? here.trail };
    history[replace ? "replaceState" : "pushState"](state, "", fragment);
    setEntry(current());
  }, []);
  const ask = useCallback((changes, options) => {
    go({ ...FIRST_PAGE, ...changes }, { ...options, trail: [] });
  }, []);
  return { ...entry, go, ask };
}
