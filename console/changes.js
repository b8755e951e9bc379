// Uninstall, restore and purge: what was asked, how far the cascade is, what failed.

import { useCallback, useEffect, useRef, useState } from "./html.js";
import { inWords } from "./names.js";

const AT_ONCE = 4;
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 2_000;
const PATIENCE = 60_000;
/** The most add-ons of a level that are waited for. */
const MOST_FOLLOWED = 10;

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

  /** Wait until the dependents of a changed install have followed, and those of its add-ons; return
   * false if they have not. */
  async function follow(kind, row, isLatest) {
    let most = 0;
    const tell = (left) => {
      most = Math.max(most, left);
      put(row.id, { kind, phase: "following", left, most });
    };
    const settled = await isSettled(kind, row, api, isLatest, tell);
    if (!settled || !isLatest()) {
      return settled;
    }
    const more = () => tell(1);
    for (let level = [row]; level.length; ) {
      const addOns = (await Promise.all(level.map((one) => addOnsAfter(kind, one, api)))).flat().slice(0, MOST_FOLLOWED);
      for (const addOn of addOns) {
        if (!(await isSettled(kind, addOn, api, isLatest, more))) {
          return false;
        }
      }
      level = isLatest() ? addOns : [];
    }
    return true;
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

/** Wait until a change is settled, or another one has begun; tell what is left; return false if it
 * takes too long. */
async function isSettled(kind, row, api, isLatest, tell) {
  let pause = FIRST_PAUSE;
  for (const end = Date.now() + PATIENCE; Date.now() < end; pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
    const left = await leftAfter(kind, row, api).catch(({ status }) => (status === 404 ? 0 : 1));
    if (!isLatest() || left === 0) {
      return true;
    }
    tell(left);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return false;
}

/** Return the direct add-ons that a settled change took along. */
async function addOnsAfter(kind, { id }, api) {
  try {
    const { deletedAt, included } = await api.get(id, ["addOns"], undefined, { deleted: kind === "uninstall" });
    return included.addOns.data.filter((addOn) => addOn.deletedAt === deletedAt);
  } catch {
    return []; // They follow unseen.
  }
}

/** Return the numbers of dependents that have still to follow a change, and 0 once it is settled. */
async function leftAfter(kind, { id }, api) {
  const { members, addOns, history } = (await api.get(id, ["members", "addOns", "history"])).included;
  const at = (wanted) => history.data.findIndex((entry) => entry.kind === wanted);
  const [change, settled] = [at(PAST[kind]), at("settled")];
  if (change === -1 || (settled !== -1 && settled < change)) {
    return 0; // Or it never followed: an add-on that came in since.
  }
  return kind === "uninstall" ? Math.max(members.total + addOns.total, 1) : 1;
}
