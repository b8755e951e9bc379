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

/** The add-ons (at most 100), which kinds of members there are, and the solution's state. */
export async function relativesOf(api, install) {
  const holds = async (filter) =>
    (await api.count({
      ids: install.id,
      include_deleted: "true",
      filter: JSON.stringify(filter),
    })) === 1;
  const some = Object.entries(MEMBERS).map(([name, filter]) =>
    holds({ members: { some: filter } }).then((yes) => [name, yes]),
  );
  const [addOns, solutionDeleted, ...members] = await Promise.all([
    api.list({ parent_install_id: install.id, include_deleted: "true" }),
    install.solutionId === null ? null : holds({ solution: GONE }),
    ...some,
  ]);
  return { addOns: addOns.data, members: Object.fromEntries(members), solutionDeleted };
}

/** Whether what hangs from a deleted install has followed it. */
export function followed({ addOns, members }) {
  const live = members.enabled || members.disabled;
  return !live && addOns.every((addOn) => addOn.deletedAt !== null);
}

/** A line about the members, such as "some enabled, some disabled". */
export function membersInWords(members) {
  const words = { enabled: "enabled", disabled: "disabled", detached: "detached", deleted: "in the trash" };
  const there = Object.entries(words).filter(([name]) => members[name]);
  return there.length ? there.map(([, word]) => `some ${word}`).join(", ") : "none";
}
