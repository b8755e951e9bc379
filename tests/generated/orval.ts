/** The API by the client of orval, which calls fetch. */

import type { InstallFilter } from "../generated/orval/client";
import { getInstall, listInstalls, restoreInstall, uninstallInstall } from "../generated/orval/client";
import { baseUrl, report, token } from "./program";

const options = { headers: { Authorization: `Bearer ${token}` } };
const plainFetch = globalThis.fetch;
// the paths of the client have no host
globalThis.fetch = (path, init) => plainFetch(`${baseUrl}${path}`, init);

const filter: InstallFilter = {
  variables: { path: ["pages"], eq: true },
  OR: [{ memberPolicy: { neq: "manual" } }, { integration: { slug: { startsWithi: "CR" } } }],
  NOT: { members: { some: { enabled: true } } },
};
const query = { filter: JSON.stringify(filter), orderBy: JSON.stringify([{ installedAt: "asc" }]), limit: 20 };

async function page(after?: string) {
  const answer = await listInstalls({ ...query, ...(after && { after }) }, options);
  if (answer.status !== 200) {
    throw new Error(answer.data.code);
  }
  return answer.data;
}

const first = await page();
const second = await page(first.pageInfo.endCursor!);
const uninstalled = await uninstallInstall("ins_generated", options);
const inTrash = await getInstall("ins_generated", {}, options);
const restored = await restoreInstall("ins_generated", options);
const absent = await getInstall("ins_nobody", {}, options);

report({
  ids: [...first.data, ...second.data].map(({ id }) => id),
  total: first.pageInfo.total,
  uninstalled: uninstalled.status === 200 ? uninstalled.data.success : undefined,
  tier: inTrash.status === 200 ? inTrash.data.retentionTier : undefined,
  restored: restored.status === 200 ? restored.data.deletedAt : undefined,
  absent: absent.status === 404 ? absent.data.code : undefined,
});
