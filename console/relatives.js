// Dependents of an install by the public API: add-ons from the list; the states of members and
// solution by filters.

const GONE = { deletedAt: { isNull: false } };
const LIVE = { deletedAt: { isNull: true } };
const MEMBERS = {
  enabled: { ...LIVE, enabled: true },
  disabled: { ...LIVE, enabled: false },
  detached: { ...LIVE, detached: true },
  deleted: GONE,
};

/** Return true if the filter matches an install. */
async function holds(api, install, filter) {
  const ids = { ids: install.id, include_deleted: "true" };
  return (await api.count({ ...ids, filter: JSON.stringify(filter) })) === 1;
}

/** Return the add-ons (at most 100), the states that members are in, and the solution's state. */
export async function relativesOf(api, install) {
  const some = Object.entries(MEMBERS).map(async ([name, filter]) => [
    name,
    await holds(api, install, { members: { some: filter } }),
  ]);
  const [addOns, solutionDeleted, ...members] = await Promise.all([
    api.list({ parent_install_id: install.id, include_deleted: "true" }),
    install.solutionId === null ? null : holds(api, install, { solution: GONE }),
    ...some,
  ]);
  return { addOns: addOns.data, members: Object.fromEntries(members), solutionDeleted };
}

/** Return true if the dependents of an install are deleted with it, or restored with it.
 * Dependents that an uninstall deleted have its time. */
export async function followed(api, install, { addOns, members }, uninstalledAt) {
  if (install.deletedAt !== null) {
    const live = members.enabled || members.disabled;
    return !live && addOns.every((addOn) => addOn.deletedAt !== null);
  }
  const then = { deletedAt: uninstalledAt };
  const left = { OR: [{ members: { some: then } }, { addOns: { some: then } }, { solution: then }] };
  return !(await holds(api, install, left));
}

/** Describe the members, such as "some enabled, some disabled". */
export function membersInWords(members) {
  const words = { enabled: "enabled", disabled: "disabled", detached: "detached", deleted: "in the trash" };
  const there = Object.entries(words).filter(([name]) => members[name]);
  return there.length ? there.map(([, word]) => `some ${word}`).join(", ") : "none";
}
