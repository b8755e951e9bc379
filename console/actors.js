// Who uninstalled what the trash shows: the history of each install tells, a list does not.

import { isCancelled } from "./api.js";
import { TRASH } from "./address.js";
import { inTurn } from "./changes.js";
import { deletedParent } from "./groups.js";
import { useEffect, useState } from "./html.js";

const keyOf = (row) => `${row.id} ${row.deletedAt}`;

/** Use the actors by row: asked for once the rows are shown, a few at a time, and not for add-ons that
 * went with their parent. Returns a function from a row to its actor's id: null if none is recorded,
 * empty if it could not be read, undefined until it is. Returns null if the caller knows no history. */
export function useActors(api, list, known, learn) {
  const [actors, setActors] = useState({});
  useEffect(() => setActors({}), [api]);
  useEffect(() => {
    if (!api?.hasHistory || list.page === null || list.address.include_deleted !== TRASH) {
      return undefined;
    }
    const request = new AbortController();
    const unknown = list.page.data.filter((row) => !(keyOf(row) in actors) && !deletedParent(row, known));
    inTurn(unknown, async (row) => {
      try {
        const { included } = await api.get(row.id, ["history"], request.signal);
        learn(included);
        const entry = included.history.data.find(({ kind }) => kind === "uninstalled");
        setActors((before) => ({ ...before, [keyOf(row)]: entry?.actor.id ?? null }));
      } catch (problem) {
        if (!isCancelled(problem)) {
          setActors((before) => ({ ...before, [keyOf(row)]: "" }));
        }
      }
    });
    return () => request.abort();
  }, [list.page]);
  return api?.hasHistory ? (row) => actors[keyOf(row)] : null;
}
