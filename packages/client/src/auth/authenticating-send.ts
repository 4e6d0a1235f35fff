/** Sends requests with credentials (RFC 9110 §11). */

import { discard } from "../dav/response-content.ts";
import type { Send, SendOptions } from "../http/send.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { type Credentials, checkToken } from "./credentials.ts";
import { DigestSession, type DigestTools, preferredDigest } from "./digest.ts";

export interface AuthenticationOptions {
  /** Credentials go to no other origin. */
  readonly origin: string;
  readonly credentials: Credentials;
  /** Without them there is no Digest: browsers have no MD5. */
  readonly digest?: DigestTools | undefined;
  /**
   * Name and password go out as Basic with the first request: a page of another origin may not be shown how the server
   * asks for them. Default: no.
   */
  readonly basicAtOnce?: boolean;
}

/**
 * Puts credentials on the requests to one origin.
 *
 * A token goes with every request. A name and a password wait until the server asks for them: so a server that takes
 * Digest never sees the password. How it asked is remembered. Before content that can be sent only once goes to a server
 * that has not asked yet, it is asked with OPTIONS, and where everybody may do that, with PROPFIND.
 */
export function authenticatingSend(send: Send, options: AuthenticationOptions): Send {
  const { credentials } = options;
  const answering: Answering =
    credentials.kind === "token"
      ? new BearerAnswering(credentials.token)
      : new PasswordAnswering(credentials, options.digest, options.basicAtOnce === true);
  return async (url, sendOptions = {}) => {
    if (url.origin !== options.origin) return send(url, sendOptions);
    const once = sendOptions.content instanceof ReadableStream;
    if (once && !answering.ready) {
      const { idleTimeoutMs, timeoutMs, signal } = sendOptions;
      const patience = {
        ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(signal === undefined ? {} : { signal }),
      };
      for (const method of ["OPTIONS", "PROPFIND"]) {
        if (answering.ready) break;
        await discard(
          await exchange(send, answering, url, { ...patience, method, headers: { Depth: "0" } }, false),
        );
      }
    }
    return exchange(send, answering, url, sendOptions, once);
  };
}

async function exchange(
  send: Send,
  answering: Answering,
  url: URL,
  options: SendOptions,
  once: boolean,
): Promise<Response> {
  // One answer to the first challenge, and one to the news that its nonce is stale.
  for (let left = 2; ; left -= 1) {
    const authorization = await answering.authorization(options.method ?? "GET", url);
    const headers = new Headers(options.headers);
    if (authorization !== undefined) headers.set("Authorization", authorization);
    const response = await send(url, { ...options, headers });
    if (response.status !== 401) {
      answering.accepted(options.method ?? "GET", response);
      return response;
    }
    const again = await answering.challenged(
      parseChallenges(response.headers.get("www-authenticate")),
      authorization,
    );
    if (!again || once || left === 0) return response;
    await discard(response);
  }
}

/** How one kind of credentials answers challenges. */
interface Answering {
  /** Whether it knows what to send. */
  readonly ready: boolean;
  authorization(method: string, url: URL): Promise<string | undefined>;
  /** Takes notice of a 401; tells whether there is something else to try than the `refused` field. */
  challenged(challenges: readonly Challenge[], refused: string | undefined): Promise<boolean>;
  accepted(method: string, response: Response): void;
}

class BearerAnswering implements Answering {
  readonly ready = true;
  readonly #source: string | ((refused?: string) => string | Promise<string>);
  #renewed: string | undefined;

  constructor(source: string | ((refused?: string) => string | Promise<string>)) {
    this.#source = source;
  }

  async authorization(): Promise<string> {
    const token = this.#renewed ?? (typeof this.#source === "string" ? this.#source : await this.#source());
    this.#renewed = undefined;
    checkToken(token);
    return `Bearer ${token}`;
  }

  async challenged(_: readonly Challenge[], refused: string | undefined): Promise<boolean> {
    if (typeof this.#source === "string" || refused === undefined) return false;
    const old = refused.slice("Bearer ".length);
    const token = await this.#source(old);
    if (token === old) return false;
    this.#renewed = token;
    return true;
  }

  accepted(): void {}
}

class PasswordAnswering implements Answering {
  readonly #user: { readonly username: string; readonly password: string };
  readonly #tools: DigestTools | undefined;
  #scheme:
    | { readonly kind: "basic" }
    | { readonly kind: "digest"; readonly session: DigestSession }
    | undefined;
  /** It was answered without a challenge: there may be nobody to ask for. */
  #welcome = false;

  constructor(
    user: { readonly username: string; readonly password: string },
    tools: DigestTools | undefined,
    basicAtOnce: boolean,
  ) {
    this.#user = user;
    this.#tools = tools;
    if (basicAtOnce) this.#scheme = { kind: "basic" };
  }

  get ready(): boolean {
    return this.#scheme !== undefined || this.#welcome;
  }

  async authorization(method: string, url: URL): Promise<string | undefined> {
    if (this.#scheme === undefined) return undefined;
    if (this.#scheme.kind === "digest") return this.#scheme.session.authorization(method, url);
    return basic(this.#user);
  }

  async challenged(challenges: readonly Challenge[], refused: string | undefined): Promise<boolean> {
    this.#welcome = false;
    const digest = this.#tools === undefined ? undefined : preferredDigest(challenges);
    if (digest !== undefined && this.#tools !== undefined) {
      const current = this.#scheme?.kind === "digest" ? this.#scheme.session : undefined;
      // Another request may have learned of the new nonce meanwhile.
      if (current?.nonce !== digest.nonce || current.challenge.algorithm !== digest.algorithm) {
        this.#scheme = { kind: "digest", session: new DigestSession(digest, this.#user, this.#tools) };
      }
      // A nonce that ran out is no refusal (RFC 7616 §3.3), and of a password that was right not all servers say so.
      return !refused?.startsWith("Digest ") || digest.stale || current?.proven === true;
    }
    if (!challenges.some(({ scheme }) => scheme === "basic")) return false;
    this.#scheme = { kind: "basic" };
    return !refused?.startsWith("Basic ");
  }

  accepted(method: string, response: Response): void {
    if (this.#scheme?.kind === "digest")
      this.#scheme.session.accepted(response.headers.get("authentication-info"));
    // Reading is often free for everybody.
    else if (this.#scheme === undefined && !readingMethods.has(method)) this.#welcome = true;
  }
}

const readingMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PROPFIND"]);

/** RFC 7617 §2.1: in UTF-8. */
function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
