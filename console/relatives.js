// What hangs from an install, by what the public API tells: its add-ons by the list, and of its
// members and its solution whether some are so, by filters.

const GONE = { deletedAt: { isNull: false } };
const LIVE = { deletedAt: { isNull: true } };
const MEMBERS = {
  enabled: { ...LIVE, enabled: true },
  disabled: { ...LIVE, enabled: false },
  detached: { ...LIVE, detached: true },
  deleted: GONE,
};

/** Whether an install is one that the filter finds. */
async function holds(api, install, filter) {
  const ids = { ids: install.id, include_deleted: "true" };
  return (await api.count({ ...ids, filter: JSON.stringify(filter) })) === 1;
}

/** The add-ons (at most 100), which kinds of members there are, and the solution's state. */
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

/** Whether what hangs from an install has followed it into the trash, or, where it was brought
 * back, out of it. What an uninstall takes along bears the moment of that uninstall. */
export async function followed(api, install, { addOns, members }, uninstalledAt) {
  if (install.deletedAt !== null) {
    const live = members.enabled || members.disabled;
    return !live && addOns.every((addOn) => addOn.deletedAt !== null);
  }
  const then = { deletedAt: uninstalledAt };
  const left = { OR: [{ members: { some: then } }, { addOns: { some: then } }, { solution: then }] };
  return !(await holds(api, install, left));
}

/** A line about the members, such as "some enabled, some disabled". */
export function membersInWords(members) {
  const words = { enabled: "enabled", disabled: "disabled", detached: "detached", deleted: "in the trash" };
  const there = Object.entries(words).filter(([name]) => members[name]);
  return there.length ? there.map(([, word]) => `some ${word}`).join(", ") : "none";
}
