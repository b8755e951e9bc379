import { InstallsError, InvalidRequestError, TokenError } from "./errors.js";

/** A JSON Web Token or an API key, or a function that gets one. */
export type Token = string | (() => string | Promise<string>);

/**
 * The bearer token. A function is called before the first request, and again after a 401;
 * concurrent requests share a call.
 */
export class BearerToken {
  readonly #ask: (() => string | Promise<string>) | undefined;
  #current: Promise<string> | undefined;

  constructor(token: Token) {
    if (typeof token === "function") {
      this.#ask = token;
    } else {
      this.#current = Promise.resolve(checked(token));
    }
  }

  get(): Promise<string> {
    return this.#current ?? this.#renew();
  }

  /** A token other than the refused one; nothing if there is no other. */
  async renewed(refused: string): Promise<string | undefined> {
    if (!this.#ask) {
      return undefined;
    }
    const current = this.#current;
    if (current && (await current) === refused && this.#current === current) {
      void this.#renew();
    }
    const token = await this.get();
    return token === refused ? undefined : token;
  }

  /** A token that is asked for now, and kept until it is refused. */
  #renew(): Promise<string> {
    const asked = this.#asked();
    this.#current = asked;
    asked.catch(() => {
      this.#current = undefined;
    });
    return asked;
  }

  async #asked(): Promise<string> {
    try {
      return checked(await this.#ask?.());
    } catch (cause) {
      throw cause instanceof InstallsError
        ? cause
        : new TokenError("The token function failed.", { cause });
    }
  }
}

/** A token that a header can hold, without the space around it. An error never quotes it. */
function checked(token: unknown): string {
  const text = typeof token === "string" ? token.trim() : "";
  if (!/^[!-~]+$/.test(text)) {
    throw new InvalidRequestError("The token is not valid: it has to be visible ASCII characters.");
  }
  return text;
}
