import { InvalidRequestError } from "./errors.js";
import type { Include } from "./included.js";
import type { components, operations } from "./schema.js";

/** A condition on an install; see the [query language](../../docs/query-language.md). */
export type InstallFilter = components["schemas"]["InstallFilter"];
/** One sort field and its direction. */
export type InstallSort = components["schemas"]["InstallSort"];

/** The parameters of the list as they are sent. */
export type Parameters = NonNullable<operations["listInstalls"]["parameters"]["query"]>;

/** The parameters of the list. */
export interface ListQuery<I extends Include = Include>
  extends Omit<Parameters, "filter" | "orderBy" | "ids" | "include"> {
  /** A filter, or JSON text of your own. */
  filter?: InstallFilter | string | undefined;
  /** Sort fields, the first one first, or JSON text of your own. */
  orderBy?: readonly InstallSort[] | string | undefined;
  /** Ids, at most 100. */
  ids?: readonly string[] | undefined;
  /** Related rows to bring along. */
  include?: readonly I[] | undefined;
}

/** The longest query string, percent-encoded. */
export const MAX_QUERY_CHARACTERS = 8_000;

/** The parameters of a query; those that are undefined are left out. */
export function parameters({ filter, orderBy, ids, include, ...rest }: ListQuery): Parameters {
  const texts = {
    filter: jsonText("filter", filter),
    orderBy: jsonText("orderBy", orderBy),
    ids: commaList("ids", ids),
    include: commaList("include", include),
  };
  const all = Object.entries({ ...rest, ...texts });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}

/** A list by commas; the API takes no empty one. */
export function commaList(name: string, values: readonly string[] | undefined): string | undefined {
  if (values?.length === 0) {
    throw new InvalidRequestError(`${name} is empty`);
  }
  return values?.join(",");
}

/** The query string; refused where no URL holds it. */
export function serialized(query: Record<string, unknown>): string {
  let text: string;
  try {
    text = Object.entries(query)
      .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
      .join("&");
  } catch (cause) {
    throw new InvalidRequestError("A parameter holds half of a surrogate pair.", { cause });
  }
  if (text.length > MAX_QUERY_CHARACTERS) {
    const limit = MAX_QUERY_CHARACTERS.toLocaleString("en");
    throw new InvalidRequestError(`The query string has more than ${limit} characters.`);
  }
  return text;
}

/** An id, as a path can hold it. */
export function checkedId(id: string): string {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(id)) {
    throw new InvalidRequestError(`${JSON.stringify(id)} is not a valid id`);
  }
  return id;
}

function jsonText(name: string, value: object | string | undefined): string | undefined {
  return value === undefined || typeof value === "string" ? value : JSON.stringify(value, defined(name));
}

/** A replacer that refuses what JSON would leave out: without it a filter would match more. */
function defined(name: string): (key: string, value: unknown) => unknown {
  return (key, value) => {
    if (value === undefined || Number.isNaN(value)) {
      throw new InvalidRequestError(`${name}: '${key}' is ${String(value)}`);
    }
    return value;
  };
}
