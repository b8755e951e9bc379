import createClient, { type Client } from "openapi-fetch";

import { InvalidRequestError, UnexpectedAnswerError } from "./errors.js";
import { exchange, type Settings } from "./exchange.js";
import type { Include, Install, InstallDetails, InstallInclude, Page } from "./included.js";
import { isBackward, paginate } from "./pagination.js";
import { checkedId, commaList, type ListQuery, parameters, serialized } from "./query.js";
import { checkedMs, checkedRetries, type Retries } from "./retries.js";
import type { paths } from "./schema.js";
import { BearerToken, type Token } from "./token.js";

export interface Options {
  /** The stack's `ApiUrl`; an empty text or a path for the page's own origin. */
  baseUrl: string;
  /** A token, or a function that gets one: before the first request, and again after a 401. */
  token: Token;
  /** The longest wait for one answer, in milliseconds; 35,000. */
  timeoutMs?: number;
  /** The time for all attempts of a call together, in milliseconds; 90,000. */
  deadlineMs?: number;
  retries?: Partial<Retries>;
  /** Another `fetch`, for tests or a proxy. */
  fetch?: (request: Request) => Promise<Response>;
}

/** Settings of one call. */
export interface Call {
  /** Ends the call: it throws the signal's reason. */
  signal?: AbortSignal | undefined;
  /** The time for all attempts of this call, in milliseconds. */
  deadlineMs?: number | undefined;
}

/** Settings of a call for one install. */
export interface GetCall<I extends InstallInclude = InstallInclude> extends Call {
  /** Related rows to bring along. */
  include?: readonly I[] | undefined;
  /** The members and add-ons of `include`: live ones, all (`true`), or deleted ones (`only`). */
  include_deleted?: ListQuery["include_deleted"];
}

const INSTALLS = "/api/integration-installs";
const INSTALL = `${INSTALLS}/{id}` as const;

/** A client of the Integration Installs API. Make one, and use it for all calls. */
export class InstallsClient {
  readonly #api: Client<paths>;
  readonly #settings: Settings;
  readonly #deadlineMs: number;

  constructor(options: Options) {
    this.#settings = {
      token: new BearerToken(options.token),
      retries: checkedRetries(options.retries),
      timeoutMs: checkedMs("timeoutMs", options.timeoutMs ?? 35_000),
      fetch: options.fetch ?? ((request) => globalThis.fetch(request)),
    };
    this.#deadlineMs = checkedMs("deadlineMs", options.deadlineMs ?? 90_000);
    const baseUrl = checkedBaseUrl(options.baseUrl);
    this.#api = createClient<paths>({ baseUrl, querySerializer: serialized });
  }

  /** One page of the list. */
  async list<I extends Include = never>(query: ListQuery<I> = {}, call: Call = {}): Promise<Page<I>> {
    const params = { query: parameters(query) };
    return (await result(this.#api.GET(INSTALLS, { params, ...this.#init(call) }))) as Page<I>;
  }

  /** The number of installs that a query matches. */
  async count(query: Omit<ListQuery, "include"> = {}, call: Call = {}): Promise<number> {
    return (await this.list({ ...query, limit: 1 }, call)).pageInfo.total;
  }

  /**
   * All pages: forward behind `after` or from the start; with `before` alone backward, the nearest
   * page first.
   */
  paginate<I extends Include = never>(
    query: ListQuery<I> = {},
    call: Call = {},
  ): AsyncGenerator<Page<I>, void, undefined> {
    return paginate<I>((next) => this.list<I>(next, call), query);
  }

  /** All rows, the nearest first. */
  async *rows(
    query: Omit<ListQuery, "include"> = {},
    call: Call = {},
  ): AsyncGenerator<Install, void, undefined> {
    for await (const { data } of this.paginate(query, call)) {
      yield* isBackward(query) ? data.toReversed() : data;
    }
  }

  /** One install, live or in the trash. */
  async get<I extends InstallInclude = never>(
    id: string,
    call: GetCall<I> = {},
  ): Promise<InstallDetails<I>> {
    const include = commaList("include", call.include);
    const { include_deleted } = call;
    const query = { ...(include && { include }), ...(include_deleted && { include_deleted }) };
    const params = { ...of(id).params, query };
    return (await result(this.#api.GET(INSTALL, { params, ...this.#init(call) }))) as InstallDetails<I>;
  }

  /** Move an install to the trash; again does nothing. */
  async uninstall(id: string, call: Call = {}): Promise<void> {
    await result(this.#api.DELETE(INSTALL, { ...of(id), ...this.#init(call) }));
  }

  /** Restore an install from the trash; again does nothing. */
  async restore(id: string, call: Call = {}): Promise<Install> {
    return result(this.#api.POST(`${INSTALL}/restore`, { ...of(id), ...this.#init(call) }));
  }

  /** Delete an install in the trash for good; again is a 404. */
  async purge(id: string, call: Call = {}): Promise<void> {
    await result(this.#api.DELETE(`${INSTALL}/purge`, { ...of(id), ...this.#init(call) }));
  }

  #init({ signal, deadlineMs }: Call) {
    const ms = checkedMs("deadlineMs", deadlineMs ?? this.#deadlineMs);
    return {
      ...(signal && { signal }),
      fetch: (request: Request) => exchange(this.#settings, request, ms),
    };
  }
}

function of(id: string) {
  return { params: { path: { id: checkedId(id) } } };
}

/** The value of an answer; everything but a 200 was thrown before (exchange.ts). */
async function result<T>(answer: Promise<{ data?: T }>): Promise<T> {
  try {
    const { data } = await answer;
    if (typeof data === "object" && data !== null) {
      return data;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) {
      throw error;
    }
  }
  throw new UnexpectedAnswerError(200);
}

function checkedBaseUrl(text: string): string {
  // A path is resolved by the page's own origin, but not //host, which is another.
  const path = /^(\/(?!\/)[^?#]*)?$/;
  const url = /^https?:\/\/[^/?#@\s]+(\/[^?#\s]*)?$/;
  if (!path.test(text) && !(url.test(text) && URL.canParse(text))) {
    throw new InvalidRequestError(`${JSON.stringify(text)} is no base URL such as https://host/stage`);
  }
  return text.replace(/\/+$/, "");
}
