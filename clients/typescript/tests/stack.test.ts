/** The client against the local stack: `INSTALLS_STACK` names its `stack.json`. */

import { readFileSync } from "node:fs";
import { env } from "node:process";
import { describe, expect, test } from "vitest";

import { type InstallFilter, InstallsClient, ProblemError } from "../src/index.js";
import { examples } from "./examples.js";
import { ids } from "./fake.js";

interface Stack {
  baseUrl: string;
  tokens: Record<string, string>;
}

const path = env["INSTALLS_STACK"];
const stack = path ? (JSON.parse(readFileSync(path, "utf8")) as Stack) : undefined;

function caller(user: string): InstallsClient {
  return new InstallsClient({ baseUrl: stack!.baseUrl, token: async () => stack!.tokens[user]! });
}

describe.skipIf(!stack)("on the local stack", () => {
  const pages: InstallFilter = {
    variables: { path: ["pages"], eq: true },
    OR: [{ memberPolicy: { neq: "manual" } }, { integration: { slug: { startsWithi: "CR" } } }],
    NOT: { members: { some: { enabled: true } } },
  };

  test("a nested filter, page by page, both ways", async () => {
    const viewer = caller("usr_vera");
    const query = { filter: pages, orderBy: [{ installedAt: "asc" as const }], limit: 7 };

    const forward = await ids(viewer.rows(query));
    const last = await viewer.list({ ...query, after: (await viewer.list(query)).pageInfo.endCursor! });
    const backward = await ids(viewer.rows({ ...query, before: last.pageInfo.endCursor! }));

    expect(forward).toHaveLength(30);
    expect(forward.slice(0, 2)).toEqual(["ins_page_01", "ins_page_02"]);
    expect(backward).toEqual(forward.slice(0, 13).toReversed());
    expect(await viewer.count({ filter: pages })).toBe(30);
  });

  test("uninstall, see the trash, restore", async () => {
    const editor = caller("usr_ed");
    const trash = { include_deleted: "only", ids: ["ins_sdk"] } as const;

    await editor.uninstall("ins_sdk");
    expect(await ids(editor.rows(trash))).toEqual(["ins_sdk"]);
    expect((await editor.restore("ins_sdk")).deletedAt).toBeNull();
    expect(await editor.count(trash)).toBe(0);
  });

  test("related rows come along", async () => {
    const viewer = caller("usr_vera");

    const page = await viewer.list({ ids: ["ins_sdk"], include: ["integration", "solution"] });
    expect(page.included.integrations["itg_crm"]?.name).toBe("CRM");
    expect(Object.keys(page.included.solutions)).toEqual(["sol_sdk"]);
    const one = await viewer.get("ins_sdk", { include: ["members", "addOns"] });
    expect(one.included.members.total).toBe(3);
    expect(one.included.addOns.data.map(({ id }) => id)).toEqual(["ins_sdk_addon"]);
  });

  test("errors are typed", async () => {
    const viewer = caller("usr_vera");

    const absent = await viewer.get("ins_nobody").catch((error: unknown) => error);
    expect(absent).toBeInstanceOf(ProblemError);
    expect(absent).toMatchObject({ status: 404, code: "not_found" });
    await expect(viewer.uninstall("ins_sdk")).rejects.toMatchObject({ status: 403 });
    await expect(viewer.list({ filter: '{"memberPolicy":{"eqq":"manual"}}' })).rejects.toMatchObject({
      code: "invalid_filter",
      errors: [{ parameter: "filter", pointer: "/memberPolicy/eqq", code: "unknown_operator" }],
    });
    const nobody = new InstallsClient({ baseUrl: stack!.baseUrl, token: "a.b.c" });
    await expect(nobody.list()).rejects.toMatchObject({ status: 401, code: "unauthorized" });
  });

  test("the examples of the README", async () => {
    const shown: unknown[][] = [];

    await examples(stack!.baseUrl, async () => stack!.tokens["usr_ed"]!, (...values) => shown.push(values));

    expect(shown).toContainEqual([true, false]); // back on the first page
    expect(shown).toContainEqual(["ins_sdk", expect.any(String), "medium"]);
    expect(shown).toContainEqual([404, "There is no such install.", expect.any(String)]);
    expect(shown.at(-1)).toEqual(["Error: another search"]);
  });
});
