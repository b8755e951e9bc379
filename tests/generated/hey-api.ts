/** The API by the client of hey-api. */

import { client } from "../generated/hey-api/client.gen";
import { getInstall, listInstalls, restoreInstall, uninstallInstall } from "../generated/hey-api/sdk.gen";
import type { InstallFilter } from "../generated/hey-api/types.gen";
import { baseUrl, report, token } from "./program";

client.setConfig({ baseUrl, auth: token });

const filter: InstallFilter = {
  variables: { path: ["pages"], eq: true },
  OR: [{ memberPolicy: { neq: "manual" } }, { integration: { slug: { startsWithi: "CR" } } }],
  NOT: { members: { some: { enabled: true } } },
};
const query = { filter: JSON.stringify(filter), orderBy: JSON.stringify([{ installedAt: "asc" }]), limit: 20 };
const first = await listInstalls({ query, throwOnError: true });
const { pageInfo } = first.data;
const second = await listInstalls({ query: { ...query, after: pageInfo.endCursor! }, throwOnError: true });
const one = { path: { id: "ins_generated" } };
const uninstalled = await uninstallInstall(one);
const inTrash = await getInstall(one);
const restored = await restoreInstall(one);
const absent = await getInstall({ path: { id: "ins_nobody" } });

report({
  ids: [...first.data.data, ...second.data.data].map(({ id }) => id),
  total: pageInfo.total,
  uninstalled: uninstalled.data?.success,
  tier: inTrash.data?.retentionTier,
  restored: restored.data?.deletedAt,
  absent: absent.response?.status === 404 ? absent.error?.code : undefined,
});
