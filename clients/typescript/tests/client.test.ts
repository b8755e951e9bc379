import { describe, expect, test, vi } from "vitest";

import {
  InvalidRequestError,
  MaybePurgedError,
  ProblemError,
  TokenError,
  UnexpectedAnswerError,
  UnreachableError,
} from "../src/index.js";
import { done, fake, ids, INSTALL, install, page, problem } from "./fake.js";

const lost = new TypeError("fetch failed");

describe("requests", () => {
  test("filters, sorts and ids are written as the API takes them", async () => {
    const { client, sent } = fake([page([])]);

    await client.list({
      filter: { members: { some: { enabled: true } }, memberPolicy: "manual" },
      orderBy: [{ lastUpgradedAt: "desc_nulls_last" }],
      ids: ["ins_1", "ins_2"],
      workspace_id: "wsp_1",
      include_deleted: "only",
      limit: 5,
    });

    const url = new URL(sent[0]!.url);
    expect(url.pathname).toBe("/prod/api/integration-installs");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      filter: '{"members":{"some":{"enabled":true}},"memberPolicy":"manual"}',
      orderBy: '[{"lastUpgradedAt":"desc_nulls_last"}]',
      ids: "ins_1,ins_2",
      workspace_id: "wsp_1",
      include_deleted: "only",
      limit: "5",
    });
    expect(sent[0]!.headers.get("Authorization")).toBe("Bearer tok_1");
  });

  test("a parameter that is undefined is left out, but nothing inside a filter is", async () => {
    const { client, sent } = fake([page([])]);
    const unknown: string | undefined = undefined;

    await client.list({ filter: undefined, ids: undefined });
    expect(new URL(sent[0]!.url).search).toBe("");
    // @ts-expect-error a filter of undefined would be a filter of everything
    await expect(client.list({ filter: { workspaceId: unknown } })).rejects.toThrow("'workspaceId'");
    expect(sent).toHaveLength(1);
  });

  test("what is included is typed by its names", async () => {
    const integrations = { itg_1: { id: "itg_1", name: "CRM" } };
    const answer = { data: [INSTALL], pageInfo: {}, included: { integrations } };
    const { client, sent } = fake([
      Response.json(answer),
      Response.json({ ...INSTALL, included: { members: { total: 0, data: [] } } }),
    ]);

    const page = await client.list({ include: ["integration", "workspace"] });
    expect(page.included.integrations["itg_1"]?.name).toBe("CRM");
    // @ts-expect-error it was not asked for
    expect(page.included.solutions).toBeUndefined();
    const one = await client.get("ins_1", { include: ["members"], include_deleted: "only" });
    expect(one.included.members.total).toBe(0);
    // @ts-expect-error a list takes no members
    await client.list({ include: ["members"] }).catch(() => undefined);

    const [list, get] = sent.map(({ url }) => decodeURIComponent(new URL(url).search));
    expect(list).toBe("?include=integration,workspace");
    expect(get).toBe("?include=members&include_deleted=only");
    await expect(client.list({ include: [] })).rejects.toThrow("include is empty");
  });

  test.each(["", ".", "..", "a/b", "a?b", "x".repeat(129)])("%j is no id", async (id) => {
    const { client, sent } = fake([done()]);

    for (const call of [client.get(id), client.uninstall(id), client.restore(id), client.purge(id)]) {
      await expect(call).rejects.toThrow(InvalidRequestError);
    }
    expect(sent).toEqual([]);
  });

  test("what no URL holds is not sent", async () => {
    const { client, sent } = fake([page([])]);

    await expect(client.list({ filter: "x".repeat(8_000) })).rejects.toThrow("8,000 characters");
    await expect(client.list({ after: "\ud800" })).rejects.toThrow(InvalidRequestError);
    await expect(client.list({ ids: [] })).rejects.toThrow("ids is empty");
    expect(sent).toEqual([]);
  });

  test.each(["api.example", "//api.example", "ftp://api.example", "https://a.example?x", "https://"])(
    "%j is no base URL",
    (baseUrl) => {
      expect(() => fake([], { baseUrl })).toThrow(InvalidRequestError);
    },
  );

  test.each([
    { retries: { attempts: 0 } }, { retries: { firstMs: -1 } }, { timeoutMs: Number.NaN },
    { deadlineMs: Number.POSITIVE_INFINITY }, { token: "a b" }, { token: "" },
  ])("%o are no settings", (options) => {
    expect(() => fake([], options)).toThrow(InvalidRequestError);
  });
});

describe("errors", () => {
  test("a problem has its members", async () => {
    const { client } = fake([problem(404, "not_found")]);

    const error = await client.get("ins_1").catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({ status: 404, code: "not_found", detail: "Why.", requestId: "req_1", errors: [] });
  });

  test.each([
    new Response("<html>", { status: 404, headers: { "Content-Type": "text/html" } }),
    new Response("{", { status: 400, headers: { "Content-Type": "application/problem+json" } }),
    new Response("[]", { status: 400, headers: { "Content-Type": "application/problem+json" } }),
    new Response("<html>", { status: 200 }),
    new Response("", { status: 200 }),
    new Response("3", { status: 200 }),
    new Response(null, { status: 204 }),
  ])("an answer of something else is told apart", async (answer) => {
    const { client } = fake([answer]);

    await expect(client.get("ins_1")).rejects.toThrow(UnexpectedAnswerError);
  });
});

describe("retries", () => {
  test.each([problem(429, "throttled", { "Retry-After": "0" }), problem(500, "internal_error"), problem(503, "unavailable"), lost])(
    "another attempt after %o",
    async (outcome) => {
      const { client, sent } = fake([outcome, outcome, outcome, install()]);

      expect(await client.restore("ins_1")).toEqual(INSTALL);
      expect(sent).toHaveLength(4);
    },
  );

  test("after the last attempt the error is thrown", async () => {
    const refused = fake([problem(503, "unavailable")]);
    const silent = fake([lost], { retries: { attempts: 2 } });

    await expect(refused.client.get("ins_1")).rejects.toMatchObject({ code: "unavailable" });
    await expect(silent.client.get("ins_1")).rejects.toThrow(UnreachableError);
    expect([refused.sent.length, silent.sent.length]).toEqual([4, 2]);
  });

  test.each([400, 403, 404, 409, 422])("a %i is final", async (status) => {
    const { client, sent } = fake([problem(status, "x"), install()]);

    await expect(client.get("ins_1")).rejects.toThrow(ProblemError);
    expect(sent).toHaveLength(1);
  });

  test("Retry-After is waited for, with jitter", async () => {
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const { client, sent } = fake([problem(503, "unavailable", { "Retry-After": "2" }), install()], {
      retries: { firstMs: 1_000 },
    });

    const call = client.get("ins_1");
    await vi.advanceTimersByTimeAsync(2_499);
    expect(sent).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await call).toEqual(INSTALL);
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  test.each(["31", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])(
    "a Retry-After of %s is not waited for",
    async (header) => {
      const { client, sent } = fake([problem(503, "unavailable", { "Retry-After": header }), install()]);

      await expect(client.get("ins_1")).rejects.toMatchObject({ status: 503 });
      expect(sent).toHaveLength(1);
    },
  );

  test("a purge whose answer was lost may be done", async () => {
    const purged = fake([lost, problem(404, "not_found")]);
    const throttled = fake([problem(429, "throttled"), problem(404, "not_found")]);

    await expect(purged.client.purge("ins_1")).rejects.toThrow(MaybePurgedError);
    const error = await throttled.client.purge("ins_1").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).not.toBeInstanceOf(MaybePurgedError);
  });
});

describe("time", () => {
  /** A service that never answers; the request ends with its signal. */
  const silent = (request: Request): Promise<Response> =>
    new Promise((_, reject) => {
      const { signal } = request;
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  const noToken = () => new Promise<string>(() => undefined);

  test("the signal ends a call with its reason, wherever it is", async () => {
    const reason = new Error("enough");
    const waiting = fake([], { fetch: silent });
    const pausing = fake([problem(503, "unavailable", { "Retry-After": "20" })]);
    const asking = fake([install()], { token: noToken });

    for (const { client } of [waiting, pausing, asking]) {
      const controller = new AbortController();
      const call = client.get("ins_1", { signal: controller.signal });
      setTimeout(() => controller.abort(reason), 5);
      await expect(call).rejects.toBe(reason);
    }
    const ended = fake([install()]);
    await expect(ended.client.get("ins_1", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(ended.sent).toEqual([]);
  });

  test("a deadline ends all attempts", async () => {
    const { client } = fake([], { fetch: silent, deadlineMs: 10 });
    const asking = fake([install()], { token: noToken, deadlineMs: 10 });

    await expect(client.get("ins_1")).rejects.toThrow(UnreachableError);
    await expect(client.get("ins_1", { deadlineMs: 5 })).rejects.toThrow(UnreachableError);
    await expect(asking.client.get("ins_1")).rejects.toThrow(UnreachableError);
  });

  test("an attempt that takes too long is followed by another", async () => {
    let attempts = 0;
    const fetch = (request: Request) => {
      attempts += 1;
      return attempts === 2 ? Promise.resolve(install()) : silent(request);
    };
    const { client } = fake([], { fetch, timeoutMs: 5 });

    expect(await client.get("ins_1")).toEqual(INSTALL);
  });

  test("no pause reaches beyond the deadline", async () => {
    const { client, sent } = fake([problem(503, "unavailable", { "Retry-After": "5" })], { deadlineMs: 1_000 });

    await expect(client.get("ins_1")).rejects.toMatchObject({ status: 503 });
    expect(sent).toHaveLength(1);
  });
});

describe("the token", () => {
  test("concurrent calls ask for it once", async () => {
    const token = vi.fn(async () => "tok_1");
    const { client } = fake([install()], { token });

    await Promise.all([client.get("ins_1"), client.get("ins_2"), client.get("ins_3")]);

    expect(token).toHaveBeenCalledTimes(1);
  });

  test("it is asked for again after a 401, once", async () => {
    const tokens = ["tok_old", "tok_new", "tok_newer"];
    const { client, sent } = fake([problem(401, "unauthorized"), install(), problem(401, "unauthorized")], {
      token: () => tokens.shift()!,
    });

    expect(await client.get("ins_1")).toEqual(INSTALL);
    await expect(client.get("ins_1")).rejects.toMatchObject({ status: 401 });

    const sentTokens = sent.map(({ headers }) => headers.get("Authorization"));
    expect(sentTokens).toEqual(["Bearer tok_old", "Bearer tok_new", "Bearer tok_new", "Bearer tok_newer"]);
  });

  test("its own errors are told apart, and the next call asks again", async () => {
    const cause = new Error("session over");
    const token = vi.fn<() => string>().mockImplementationOnce(() => {
      throw cause;
    });
    token.mockReturnValue("tok_1");
    const { client, sent } = fake([install()], { token });

    const error = await client.get("ins_1").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TokenError);
    expect(error).toMatchObject({ cause });
    expect(sent).toEqual([]);
    expect(await client.get("ins_1")).toEqual(INSTALL);
  });

  test("no error quotes it", () => {
    expect(() => fake([], { token: "hush hush" })).toThrow(/^(?!.*hush)/);
  });
});

describe("pagination", () => {
  const pages = [
    page(["a", "b"], { hasNextPage: true }),
    page(["c", "d"], { hasNextPage: true, hasPreviousPage: true }),
    page(["e"], { hasPreviousPage: true }),
  ];

  test("forward", async () => {
    const { client, sent } = fake(pages);

    const found = await ids(client.rows({ limit: 2 }));

    expect(found).toEqual(["a", "b", "c", "d", "e"]);
    expect(sent.map(({ url }) => new URL(url).searchParams.get("after"))).toEqual([null, "b", "d"]);
  });

  test("backward, the nearest first", async () => {
    const { client, sent } = fake(pages.toReversed());

    const found = await ids(client.rows({ limit: 2, before: "f" }));

    expect(found).toEqual(["e", "d", "c", "b", "a"]);
    expect(sent.map(({ url }) => new URL(url).searchParams.get("before"))).toEqual(["f", "e", "c"]);
  });

  test("nothing is asked for before it is wanted", async () => {
    const { client, sent } = fake(pages);

    const iterator = client.paginate({ limit: 2 });
    expect(sent).toEqual([]);
    await iterator.next();
    expect(sent).toHaveLength(1);
    await iterator.return();
  });

  test("a cursor that makes no progress ends it", async () => {
    const { client } = fake([page(["a"], { hasNextPage: true })]);

    await expect(ids(client.rows())).rejects.toThrow(UnexpectedAnswerError);
  });

  test("between two cursors it may be empty", async () => {
    const { client, sent } = fake([page([], { hasNextPage: true })]);

    expect(await ids(client.rows({ after: "a", before: "b" }))).toEqual([]);
    expect(sent).toHaveLength(1);
  });
});
