// Uninstall, restore and purge: what was asked, how far the cascade is, what failed.

import { useCallback, useEffect, useRef, useState } from "./html.js";
import { inWords } from "./names.js";

const AT_ONCE = 4;
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 2_000;
const PATIENCE = 60_000;

/** The kinds of the history's entries. */
export const PAST = { uninstall: "uninstalled", restore: "restored", purge: "purged" };
export const ROLES = { uninstall: "editor", restore: "editor", purge: "admin" };
const DONE = { uninstall: "Uninstalled", restore: "Restored", purge: "Deleted for good:" };

/** Return true for a change that has not ended. */
export const isUnderWay = (change) => change !== undefined && change.phase !== "failed";

/** Use the changes under way, by the install's id: `kind`, `phase` (sent, following, failed), and
 * `problem`, or the numbers `left` and `most` of dependents that have to follow. */
export function useChanges({ api, session, known, reload, open, gone, toast, say }) {
  const [changes, setChanges] = useState({});
  const [failures, setFailures] = useState(null);
  const latest = useRef({ turns: {} });
  latest.current.api = api;
  useEffect(() => {
    setChanges({});
    setFailures(null);
  }, [api]);

  const put = useCallback((id, change) => {
    setChanges(({ [id]: _, ...others }) => (change ? { ...others, [id]: change } : others));
  }, []);

  /** Begin a change; return a function that tells if it is still the latest of its install. */
  function turn(id) {
    const own = Symbol(id);
    latest.current.turns[id] = own;
    return () => latest.current.turns[id] === own && latest.current.api === api;
  }

  async function send(kind, row) {
    put(row.id, { kind, phase: "sent" });
    try {
      await api[kind](row.id);
      return null;
    } catch (problem) {
      if (latest.current.api === api) {
        if (problem.status === 403) {
          session.refused(ROLES[kind], row.workspaceId);
        }
        put(row.id, { kind, phase: "failed", problem });
      }
      return problem;
    }
  }

  /** Wait until the dependents of a changed install have followed; return false if they have not. */
  async function follow(kind, row, isLatest) {
    let most = 0;
    let pause = FIRST_PAUSE;
    for (const end = Date.now() + PATIENCE; Date.now() < end; pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
      const left = await leftAfter(kind, row, api).catch(() => 1);
      if (!isLatest() || left === 0) {
        return true;
      }
      most = Math.max(most, left);
      put(row.id, { kind, phase: "following", left, most });
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    return false;
  }

  /** Change installs; tell how many were changed, offer to undo, and follow their dependents. */
  async function change(kind, rows) {
    const failed = [];
    const changed = [];
    const turns = new Map(rows.map((row) => [row, turn(row.id)]));
    setFailures(null);
    await inTurn(rows, async (row) => {
      const problem = await send(kind, row);
      (problem ? failed : changed).push({ row, problem });
    });
    if (latest.current.api !== api) {
      return;
    }
    const done = changed.map(({ row }) => row);
    if (done.length) {
      const isUninstall = kind === "uninstall";
      toast({
        text: `${DONE[kind]} ${several(done, known)}.`,
        undo: isUninstall ? () => change("restore", done) : null,
        show: isUninstall && done.length === 1 ? () => open(done[0].id) : null,
      });
    }
    if (failed.length && rows.length > 1) {
      setFailures({ kind, failed, of: rows.length });
    }
    if (kind === "purge") {
      done.forEach((row) => put(row.id, null));
      gone(done.map((row) => row.id));
      reload();
      return;
    }
    await inTurn(done, async (row) => {
      const isLatest = turns.get(row);
      const settled = await follow(kind, row, isLatest);
      if (isLatest()) {
        put(row.id, null);
        const end = settled ? "with its members, add-ons and solution" : "but its members, add-ons and solution are not done yet: look again later";
        say(`${DONE[kind]} ${inWords(row, known)}, ${end}.`);
      }
    });
    if (done.some((row) => turns.get(row)())) {
      reload();
    }
  }

  return { changes, change, dismiss: (id) => put(id, null), failures, forget: () => setFailures(null) };
}

function several(rows, known) {
  return rows.length === 1 ? inWords(rows[0], known) : `${rows.length} installs`;
}

/** Do work for each row, a few at a time. */
export async function inTurn(rows, work) {
  const waiting = [...rows];
  const worker = async () => {
    for (let row = waiting.shift(); row; row = waiting.shift()) {
      await work(row);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Return the numbers of dependents that have still to follow a change, and 0 once it is settled. */
async function leftAfter(kind, { id }, api) {
  const { members, addOns, history } = (await api.get(id, ["members", "addOns", "history"])).included;
  const at = (wanted) => history.data.findIndex((entry) => entry.kind === wanted);
  const [change, settled] = [at(PAST[kind]), at("settled")];
  if (settled !== -1 && settled < change) {
    return 0;
  }
  return kind === "uninstall" ? Math.max(members.total + addOns.total, 1) : 1;
}
