// Keys for all that the list does. Single keys can be turned off (WCAG 2.1.4).

import { TRASH } from "./address.js";
import { isUnderWay, ROLES } from "./changes.js";
import { isAwaited, useEffect, useRef } from "./html.js";
import { preferences } from "./preferences.js";

export const KEYS = [
  ["/", "Search"],
  ["j", "Next install"],
  ["k", "Previous install"],
  ["Enter", "Open the install"],
  ["x", "Select it"],
  ["u", "Uninstall it"],
  ["r", "Restore it"],
  ["[", "Previous page"],
  ["]", "Next page"],
  ["Esc", "Close what is open"],
  ["?", "This help"],
];

/** Use the keys; `page` has the state of the page and what can be done to it. */
export function useShortcuts(page) {
  const latest = useRef(page);
  latest.current = page;
  useEffect(() => {
    const press = (event) => pressed(event, latest.current);
    addEventListener("keydown", press);
    addEventListener("keydown", held, { capture: true });
    return () => {
      removeEventListener("keydown", press);
      removeEventListener("keydown", held, { capture: true });
    };
  }, []);
}

/** Keep keys from the page while what they are meant for is loaded; Escape still closes it. */
function held(event) {
  if (isAwaited() && event.key !== "Escape" && event.key !== "Tab" && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    event.stopPropagation();
  }
}

function pressed(event, page) {
  const typing = event.target.closest?.("input:not([type=checkbox]), textarea, select, dialog");
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  if (page.dialog) {
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
      page.setDialog(null);
    }
    return;
  }
  if (event.key === "Escape" && page.address.install && !typing) {
    page.close();
    return;
  }
  if (typing || !preferences().shortcuts) {
    return;
  }
  const act = ACTS[event.key];
  if (act) {
    event.preventDefault();
    act(page);
  }
}

const links = () => [...document.querySelectorAll("#list tr[data-id] .name a")];
const focusedRow = ({ rows }) => {
  const id = document.activeElement.closest("tr[data-id]")?.dataset.id;
  return rows.find((row) => row.id === id);
};

function step(by) {
  const all = links();
  const here = all.indexOf(document.activeElement.closest("tr[data-id]")?.querySelector(".name a"));
  (all[here === -1 ? 0 : here + by] ?? document.activeElement).focus();
}

function change(kind, page) {
  const row = focusedRow(page);
  const deleted = kind !== "uninstall";
  if (row && !isUnderWay(page.changes[row.id]) && deleted === (row.deletedAt !== null) && page.session.may(ROLES[kind], row.workspaceId)) {
    page.begin(kind, [row]);
  }
}

const ACTS = {
  "/": ({ search }) => search.current.focus(),
  j: () => step(1),
  k: () => step(-1),
  x: () => document.activeElement.closest("tr[data-id]")?.querySelector("input")?.click(),
  u: (page) => change("uninstall", page),
  r: (page) => page.address.include_deleted === TRASH && change("restore", page),
  "[": () => document.getElementById("previous")?.click(),
  "]": () => document.getElementById("next")?.click(),
  "?": ({ setDialog }) => setDialog({ kind: "help" }),
};
