import { errorOf, MaybePurgedError, ProblemError, retryAfter, UnreachableError } from "./errors.js";
import { pause, type Retries } from "./retries.js";
import type { BearerToken } from "./token.js";

export interface Settings {
  token: BearerToken;
  retries: Readonly<Retries>;
  /** The longest wait for one answer, in milliseconds. */
  timeoutMs: number;
  fetch: (request: Request) => Promise<Response>;
}

/**
 * Send a request, again where another attempt may succeed, and return its answer, a 200.
 *
 * @param deadlineMs the time for all attempts and pauses together
 * @throws the reason of the request's own signal, if that is aborted
 */
export async function exchange(
  settings: Settings,
  request: Request,
  deadlineMs: number,
): Promise<Response> {
  const end = Date.now() + deadlineMs;
  const over = AbortSignal.any([request.signal, AbortSignal.timeout(deadlineMs)]);
  let failed = 0;
  let maybeDone = false;
  for (;;) {
    const outcome = await attempt(settings, request, over);
    request.signal.throwIfAborted();
    let wait: number | undefined;
    if (outcome instanceof Answer) {
      if (!outcome.mayPass) {
        return outcome.result(maybeDone);
      }
      wait = retryAfter(outcome.response);
    }
    failed += 1;
    const ms = over.aborted ? undefined : pause(settings.retries, failed, wait, end - Date.now());
    if (ms === undefined) {
      if (outcome instanceof Answer) {
        return outcome.result(maybeDone);
      }
      const attempts = failed === 1 ? "1 attempt" : `${failed} attempts`;
      throw new UnreachableError(`No answer after ${attempts}.`, { cause: outcome.cause });
    }
    maybeDone ||= !(outcome instanceof Answer) || outcome.response.status !== 429;
    await slept(ms, over);
    request.signal.throwIfAborted();
  }
}

/** An answer with its body, read within the time of its attempt. */
class Answer {
  constructor(
    readonly request: Request,
    readonly response: Response,
    readonly text: string,
  ) {}

  /** True if another attempt may succeed. */
  get mayPass(): boolean {
    return this.response.status === 429 || this.response.status >= 500;
  }

  result(maybeDone: boolean): Response {
    if (this.response.status === 200) {
      return new Response(this.text, { headers: this.response.headers });
    }
    const error = errorOf(this.response, this.text);
    const purged = maybeDone && this.request.url.endsWith("/purge");
    throw purged && error instanceof ProblemError && error.code === "not_found"
      ? new MaybePurgedError(error.problem)
      : error;
  }
}

/** One attempt, with a new token if the first is refused: its answer, or why there is none. */
async function attempt(
  settings: Settings,
  request: Request,
  over: AbortSignal,
): Promise<Answer | { cause: unknown }> {
  const signal = AbortSignal.any([over, AbortSignal.timeout(settings.timeoutMs)]);
  const send = async (token: string): Promise<Answer> => {
    const headers = new Headers(request.headers);
    headers.set("Authorization", `Bearer ${token}`);
    const response = await settings.fetch(new Request(request, { headers, signal }));
    return new Answer(request, response, await response.text());
  };
  const answerTo = (token: string): Promise<Answer | { cause: unknown }> =>
    send(token).catch((cause: unknown) => ({ cause }));
  const token = await unlessAborted(settings.token.get(), over);
  const answer = await answerTo(token);
  if (answer instanceof Answer && answer.response.status === 401) {
    const renewed = await unlessAborted(settings.token.renewed(token), over);
    return renewed === undefined ? answer : answerTo(renewed);
  }
  return answer;
}

/** The promise's value; the signal's reason where that is aborted first. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(aborted(signal));
    if (signal.aborted) {
      abort();
    }
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function aborted(signal: AbortSignal): unknown {
  const { reason } = signal;
  return reason instanceof DOMException && reason.name === "TimeoutError"
    ? new UnreachableError("There was no token before the deadline.", { cause: reason })
    : reason;
}

/** A pause, which ends early where the signal is aborted. */
function slept(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done, { once: true });
  });
}
