import type { components } from "./schema.js";

/** Problem details as the API writes them (RFC 9457). */
export type Problem = components["schemas"]["Problem"];
/** One place of a request that is wrong. */
export type Issue = components["schemas"]["Issue"];
/** The codes of this version; a later version of the API may have more. */
export type ErrorCode = components["schemas"]["ErrorCode"] | (string & {});

/** The base of everything that this package throws, but for the reason of your own signal. */
export class InstallsError extends Error {
  override readonly name: string = "InstallsError";
}

/** The request is invalid; nothing was sent. */
export class InvalidRequestError extends InstallsError {
  override readonly name = "InvalidRequestError";
}

/** Your token function failed; its error is the cause. The request was not carried out. */
export class TokenError extends InstallsError {
  override readonly name = "TokenError";
}

/** There was no answer after all attempts, or before the deadline; the request may be done. */
export class UnreachableError extends InstallsError {
  override readonly name = "UnreachableError";
}

/** The answer is not of this API: a proxy's, or another service's. */
export class UnexpectedAnswerError extends InstallsError {
  override readonly name = "UnexpectedAnswerError";

  constructor(readonly status: number, options?: ErrorOptions) {
    const advice = "is the base URL that of its stage?";
    super(`The answer (status ${status}) is not of the Integration Installs API: ${advice}`, options);
  }
}

/** The API refused the request. */
export class ProblemError extends InstallsError {
  override readonly name: string = "ProblemError";
  readonly status: number;
  /** Stable; for a program. */
  readonly code: ErrorCode;
  /** For a person. */
  readonly detail: string;
  /** The id of the request, for the API's operators. */
  readonly requestId: string;
  /** Each place of the request that is wrong. */
  readonly errors: readonly Issue[];

  constructor(
    readonly problem: Problem,
    /** Seconds to wait before the next attempt, if the API says. */
    readonly retryAfter?: number,
  ) {
    super(`${problem.detail} (${problem.status} ${problem.code})`);
    this.status = problem.status;
    this.code = problem.code;
    this.detail = problem.detail;
    this.requestId = problem.requestId;
    this.errors = problem.errors;
  }
}

/** A purge found nothing, but the answer of an earlier attempt was lost: it may have purged it. */
export class MaybePurgedError extends ProblemError {
  override readonly name = "MaybePurgedError";
}

/** The error of an answer other than 200. */
export function errorOf(response: Response, text: string): ProblemError | UnexpectedAnswerError {
  const [type] = (response.headers.get("content-type") ?? "").split(";");
  if (type?.trim().toLowerCase() !== "application/problem+json") {
    return new UnexpectedAnswerError(response.status);
  }
  try {
    const body: unknown = JSON.parse(text);
    return isProblem(body)
      ? new ProblemError(body, retryAfter(response))
      : new UnexpectedAnswerError(response.status);
  } catch (cause) {
    return new UnexpectedAnswerError(response.status, { cause });
  }
}

function isProblem(body: unknown): body is Problem {
  const problem = body as Partial<Problem> | null;
  return (
    typeof problem === "object" &&
    typeof problem?.code === "string" &&
    typeof problem.detail === "string" &&
    Array.isArray(problem.errors)
  );
}

/** The seconds of `Retry-After` (RFC 9110, section 10.2.3), if it is there and well-formed. */
export function retryAfter(response: Response): number | undefined {
  const header = response.headers.get("retry-after")?.trim();
  if (!header) {
    return undefined;
  }
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
