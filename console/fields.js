// The words for fields, tiers and sorts.

export const LABELS = {
  id: "Id",
  integrationId: "Integration",
  integrationVersionId: "Version",
  workspaceId: "Workspace",
  variables: "Variables",
  authStateId: "Authorization",
  memberPolicy: "Member policy",
  parentInstallId: "Add-on of",
  solutionId: "Solution",
  installedBy: "Installed by",
  installedAt: "Installed",
  lastUpgradedAt: "Last upgraded",
  deletedAt: "Uninstalled",
  retentionTier: "Retention",
};

export const POLICIES = {
  auto_all: "All members, automatically",
  auto_defaults: "Default members, automatically",
  manual: "Chosen by hand",
};

/** The days of each retention tier (CONTRACT.md section 4). */
export const DAYS = { short: 7, medium: 30, long: 90 };

/** The words for a deleted install's retention. */
export const RETENTION = { short: "7 days", medium: "30 days", long: "90 days", none: "For ever" };

/** The sorts by column: a name, a label, and the key of `orderBy` for a direction. */
export const SORTS = {
  integration: ["Integration", (direction) => ({ integration: { name: direction } })],
  workspace: ["Workspace", (direction) => ({ workspace: { name: direction } })],
  solution: ["Solution", (direction) => ({ solution: { name: direction } })],
  installer: ["Installed by", (direction) => ({ installer: { name: direction } })],
  installedAt: ["Installed", (direction) => ({ installedAt: direction })],
  lastUpgradedAt: ["Last upgraded", (direction) => ({ lastUpgradedAt: `${direction}_nulls_last` })],
  deletedAt: ["Uninstalled", (direction) => ({ deletedAt: direction })],
};

/** The directions that a column's head takes in turn: the latest and the letter A come first. */
export const FIRST_DIRECTION = { installedAt: "desc", lastUpgradedAt: "desc", deletedAt: "desc" };

/** Return the `orderBy` of a sort. */
export const orderBy = (name, direction) => JSON.stringify([SORTS[name][1](direction)]);

/** Return the [name, direction] of an `orderBy` that a column shows; none of any other. */
export function sortOf(text) {
  for (const name of Object.keys(SORTS)) {
    for (const direction of ["asc", "desc"]) {
      if (orderBy(name, direction) === text) {
        return [name, direction];
      }
    }
  }
  return [];
}

/** Return a number with its noun. */
export const counted = (number, noun, nouns = `${noun}s`) => `${number} ${number === 1 ? noun : nouns}`;
