import { InvalidRequestError } from "./errors.js";

/**
 * Exponential backoff with full jitter. A request is sent again after 429, any 5xx and no answer:
 * each operation of the API may be repeated.
 */
export interface Retries {
  /** Requests in all; 1 is no retry. */
  attempts: number;
  /** The longest first pause, in milliseconds; it doubles from attempt to attempt. */
  firstMs: number;
  /** The longest pause. */
  longestMs: number;
  /** The longest `Retry-After` that is waited for; beyond it the error is thrown at once. */
  longestRetryAfterMs: number;
}

export const RETRIES: Readonly<Retries> = {
  attempts: 4,
  firstMs: 250,
  longestMs: 8_000,
  longestRetryAfterMs: 30_000,
};

/** The settings, complete and checked. */
export function checkedRetries(given: Partial<Retries> = {}): Readonly<Retries> {
  const retries = { ...RETRIES, ...given };
  if (!Number.isInteger(retries.attempts) || retries.attempts < 1) {
    throw new InvalidRequestError("attempts is a whole number, at least 1");
  }
  for (const name of ["firstMs", "longestMs", "longestRetryAfterMs"] as const) {
    checkedMs(name, retries[name]);
  }
  return retries;
}

/** The longest time of a timer. */
const LONGEST_MS = 2 ** 31 - 1;

/** A number of milliseconds that a timer takes. */
export function checkedMs(name: string, ms: number): number {
  if (!(ms >= 0 && ms <= LONGEST_MS)) {
    throw new InvalidRequestError(`${name} is a number of milliseconds, from 0 to ${LONGEST_MS}`);
  }
  return ms;
}

/**
 * The pause after this many failed attempts, in milliseconds; nothing to give up.
 *
 * @param retryAfter the seconds that the answer says to wait
 * @param leftMs the time until the deadline
 */
export function pause(
  retries: Readonly<Retries>,
  failed: number,
  retryAfter: number | undefined,
  leftMs: number,
): number | undefined {
  if (failed >= retries.attempts) {
    return undefined;
  }
  const longest = Math.min(retries.longestMs, retries.firstMs * 2 ** (failed - 1));
  const wanted = (retryAfter ?? 0) * 1000;
  const ms = wanted + Math.random() * longest;
  return wanted > retries.longestRetryAfterMs || ms >= leftMs ? undefined : ms;
}
