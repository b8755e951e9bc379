import { type Install, InstallsClient, type Options } from "../src/index.js";

/** What a fake service answers with: a response, or an error of the network. */
export type Outcome = Response | Error | (() => Response | Promise<Response>);

export interface Fake {
  client: InstallsClient;
  /** The requests that were sent. */
  sent: Request[];
}

/** A client of a service that answers with each outcome in turn, the last one for ever. */
export function fake(outcomes: Outcome[], options: Partial<Options> = {}): Fake {
  const sent: Request[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    const outcome = outcomes[Math.min(sent.length, outcomes.length - 1)];
    sent.push(request);
    if (outcome === undefined || outcome instanceof Error) {
      throw outcome ?? new TypeError("fetch failed");
    }
    return typeof outcome === "function" ? outcome() : outcome.clone();
  };
  const retries = { firstMs: 0, ...options.retries };
  const base = { baseUrl: "https://api.example/prod", token: "tok_1", fetch };
  return { client: new InstallsClient({ ...base, ...options, retries }), sent };
}

export function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  const body = { type: "about:blank", title: "", status, detail: "Why.", code, requestId: "req_1", errors: [] };
  const type = { "Content-Type": "application/problem+json" };
  return new Response(JSON.stringify(body), { status, headers: { ...type, ...headers } });
}

export const INSTALL = { id: "ins_1", variables: {} };
export const install = (): Response => Response.json(INSTALL);
export const done = (): Response => Response.json({ success: true });

export function page(ids: string[], info: Record<string, unknown> = {}): Response {
  const pageInfo = {
    total: ids.length,
    hasNextPage: false,
    hasPreviousPage: false,
    startCursor: ids[0] ?? null,
    endCursor: ids.at(-1) ?? null,
    ...info,
  };
  return Response.json({ data: ids.map((id) => ({ id })), pageInfo });
}

/** The ids of all rows of an iteration. */
export async function ids(rows: AsyncIterable<Install>): Promise<string[]> {
  const found = [];
  for await (const row of rows) {
    found.push(row.id);
  }
  return found;
}
