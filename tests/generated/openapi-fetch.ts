/** The API by openapi-fetch, with the types of openapi-typescript. */

import createClient from "openapi-fetch";

import type { components, paths } from "../generated/openapi-typescript/schema";
import { baseUrl, report, token } from "./program";

type InstallFilter = components["schemas"]["InstallFilter"];

const api = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
const LIST = "/api/integration-installs";
const ONE = "/api/integration-installs/{id}";
const of = (id: string) => ({ params: { path: { id } } });

const filter: InstallFilter = {
  variables: { path: ["pages"], eq: true },
  OR: [{ memberPolicy: { neq: "manual" } }, { integration: { slug: { startsWithi: "CR" } } }],
  NOT: { members: { some: { enabled: true } } },
};
const query = { filter: JSON.stringify(filter), orderBy: JSON.stringify([{ installedAt: "asc" }]), limit: 20 };
const first = await api.GET(LIST, { params: { query } });
const { pageInfo } = first.data!;
const second = await api.GET(LIST, { params: { query: { ...query, after: pageInfo.endCursor! } } });
const uninstalled = await api.DELETE(ONE, of("ins_generated"));
const inTrash = await api.GET(ONE, of("ins_generated"));
const restored = await api.POST(`${ONE}/restore`, of("ins_generated"));
const absent = await api.GET(ONE, of("ins_nobody"));

report({
  ids: [...first.data!.data, ...second.data!.data].map(({ id }) => id),
  total: pageInfo.total,
  uninstalled: uninstalled.data?.success,
  tier: inTrash.data?.retentionTier,
  restored: restored.data?.deletedAt,
  absent: absent.response.status === 404 ? absent.error?.code : undefined,
});
