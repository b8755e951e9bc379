// The trash by what was uninstalled: an add-on is beneath the parent that it was deleted with.

/** Return the parent of a deleted add-on if that is in the trash too; only the parent can be restored. */
export function deletedParent(row, known) {
  const parent = known.parentInstalls[row.parentInstallId];
  return parent?.deletedAt ? parent : null;
}

/** Return rows with their depth; each below its parent, if the page has that. */
export function grouped(rows, known) {
  const ids = new Set(rows.map((row) => row.id));
  const isBelow = (row) => deletedParent(row, known) !== null && ids.has(row.parentInstallId);
  const children = new Map();
  for (const row of rows.filter(isBelow)) {
    children.set(row.parentInstallId, [...(children.get(row.parentInstallId) ?? []), row]);
  }
  const branch = (row, depth) => [
    { row, depth },
    ...(children.get(row.id) ?? []).flatMap((child) => branch(child, depth + 1)),
  ];
  return rows.filter((row) => !isBelow(row)).flatMap((row) => branch(row, 0));
}
