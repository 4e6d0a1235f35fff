/** Sends requests with credentials (RFC 9110 §11). */

import { discard } from "../send/received-content.ts";
import type { Send, SendOptions } from "../send/send.ts";
import { parseChallenges } from "./challenge.ts";
import { type Credentials, checkToken } from "./credentials.ts";
import { DigestSession, type DigestTools, preferredDigest } from "./digest.ts";
import { noteDowngrade } from "./login-refusal.ts";

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
 * Digest never sees the password. How it asked is remembered. Where it has asked by Digest, and without TLS asks by Basic
 * later, it may be another that asks: the password is not sent.
 *
 * Before content that can be sent only once goes out, there has to be an answer that was not used yet, since a nonce may be
 * good for one request: the challenge is got by a request without content and without credentials, OPTIONS, where
 * everybody may do that, PROPFIND, and where everybody may read, UNLOCK of a lock that does not exist.
 */
export function authenticatingSend(send: Send, options: AuthenticationOptions): Send {
  const { credentials } = options;
  const answering: Answering =
    credentials.kind === "token"
      ? new BearerAnswering(credentials.token)
      : new PasswordAnswering(credentials, options);
  return async (url, sendOptions = {}) => {
    if (url.origin !== options.origin) return send(url, sendOptions);
    const once = sendOptions.content instanceof ReadableStream;
    if (once && !answering.fresh) {
      const { idleTimeoutMs, timeoutMs, signal } = sendOptions;
      const patience = {
        ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(signal === undefined ? {} : { signal }),
      };
      for (const [method, headers] of harmless) {
        if (answering.fresh) break;
        const response = await send(url, { ...patience, method, headers });
        if (response.status === 401) await answering.challenged(response.headers, undefined);
        await discard(response);
      }
    }
    return exchange(send, answering, url, sendOptions, once);
  };
}

const harmless: readonly (readonly [method: string, headers: Readonly<Record<string, string>>])[] = [
  ["OPTIONS", {}],
  ["PROPFIND", { Depth: "0" }],
  ["UNLOCK", { "Lock-Token": "<urn:uuid:00000000-0000-0000-0000-000000000000>" }],
];

async function exchange(
  send: Send,
  answering: Answering,
  url: URL,
  options: SendOptions,
  once: boolean,
): Promise<Response> {
  // One answer to the first challenge, and one to the news that its nonce is stale.
  let authorize: Authorize = (method, target) => answering.authorization(method, target);
  for (let left = 2; ; left -= 1) {
    const authorization = await authorize(options.method ?? "GET", url);
    const headers = new Headers(options.headers);
    if (authorization !== undefined) headers.set("Authorization", authorization);
    const response = await send(url, { ...options, headers });
    if (response.status !== 401) {
      answering.accepted(options.method ?? "GET", response);
      return response;
    }
    const again = await answering.challenged(response.headers, authorization);
    if (again === undefined || once || left === 0) return response;
    authorize = again;
    await discard(response);
  }
}

/** Makes the `Authorization` field of one request. */
type Authorize = (method: string, url: URL) => string | undefined | Promise<string | undefined>;

/** How one kind of credentials answers challenges. */
interface Answering {
  /** Whether it knows what to send, and has not sent it before if it is good for one request. */
  readonly fresh: boolean;
  authorization(method: string, url: URL): Promise<string | undefined>;
  /**
   * Takes notice of the fields of a 401.
   *
   * @returns what to try instead of the `refused` field: for each 401 its own, whatever others learn meanwhile
   */
  challenged(headers: Headers, refused: string | undefined): Promise<Authorize | undefined>;
  accepted(method: string, response: Response): void;
}

class BearerAnswering implements Answering {
  readonly fresh = true;
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

  async challenged(_: Headers, refused: string | undefined): Promise<Authorize | undefined> {
    if (typeof this.#source === "string" || refused === undefined) return undefined;
    const old = refused.slice("Bearer ".length);
    const token = await this.#source(old);
    if (token === old) return undefined;
    this.#renewed = token;
    return () => this.authorization();
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
  readonly #isSecure: boolean;
  /** The server has asked by a Digest that can be answered: it can do without the password. */
  #knowsDigest = false;
  /** The server took an answer by Digest: the password is right. */
  #proven = false;

  constructor(
    user: { readonly username: string; readonly password: string },
    { origin, digest, basicAtOnce = false }: AuthenticationOptions,
  ) {
    this.#user = user;
    this.#tools = digest;
    this.#isSecure = origin.startsWith("https:");
    if (basicAtOnce) this.#scheme = { kind: "basic" };
  }

  get fresh(): boolean {
    if (this.#scheme?.kind === "digest") return this.#scheme.session.fresh;
    return this.#scheme !== undefined || this.#welcome;
  }

  async authorization(method: string, url: URL): Promise<string | undefined> {
    if (this.#scheme === undefined) return undefined;
    if (this.#scheme.kind === "digest") return this.#scheme.session.authorization(method, url);
    return basic(this.#user);
  }

  async challenged(headers: Headers, refused: string | undefined): Promise<Authorize | undefined> {
    this.#welcome = false;
    const challenges = parseChallenges(headers.get("www-authenticate"));
    const digest = this.#tools === undefined ? undefined : preferredDigest(challenges);
    if (digest !== undefined && this.#tools !== undefined) {
      this.#knowsDigest = true;
      const current = this.#scheme?.kind === "digest" ? this.#scheme.session : undefined;
      // Another request may have learned of the new nonce meanwhile.
      const isKnown = current?.nonce === digest.nonce && current.challenge.algorithm === digest.algorithm;
      const session = isKnown ? current : new DigestSession(digest, this.#user, this.#tools);
      this.#scheme = { kind: "digest", session };
      // A nonce that ran out is no refusal (RFC 7616 §3.3); of a password that was right, and a nonce that was used
      // before, not all servers say so.
      const isSpent = refused !== undefined && this.#proven && !/\bnc=0{7}1\b/.test(refused);
      const mayPass = !refused?.startsWith("Digest ") || digest.stale || isSpent;
      return mayPass ? (method, url) => session.authorization(method, url) : undefined;
    }
    if (!challenges.some(({ scheme }) => scheme === "basic")) return undefined;
    if (this.#knowsDigest && !this.#isSecure) {
      noteDowngrade(headers);
      return undefined;
    }
    this.#scheme = { kind: "basic" };
    return refused?.startsWith("Basic ") ? undefined : () => basic(this.#user);
  }

  accepted(method: string, response: Response): void {
    if (this.#scheme?.kind === "digest") {
      this.#proven = true;
      this.#scheme.session.accepted(response.headers.get("authentication-info"));
    }
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
