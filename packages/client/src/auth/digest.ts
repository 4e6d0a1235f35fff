/** Digest (RFC 7616), and what is left of RFC 2069 among servers. */
import type { Challenge } from "./challenge.ts";

export type DigestAlgorithm = "MD5" | "SHA-256" | "SHA-512-256";

/** The hash of a text in UTF-8, in lower-case hexadecimal. */
export type DigestHash = (algorithm: DigestAlgorithm, text: string) => string;

export interface DigestTools {
  readonly hash: DigestHash;
  /** An unguessable text of letters and digits. */
  readonly newClientNonce: () => string;
}

/** A challenge that we can answer. */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly algorithm: DigestAlgorithm;
  /** As the server writes it; undefined where it does not. */
  readonly algorithmName: string | undefined;
  readonly session: boolean;
  /** Undefined: the server is of before RFC 2617. */
  readonly qop: "auth" | undefined;
  readonly userhash: boolean;
  readonly stale: boolean;
}

/** @returns undefined if it is no Digest challenge, or one that we cannot answer: only `auth-int`, an unknown hash */
export function readDigestChallenge({ scheme, parameters }: Challenge): DigestChallenge | undefined {
  const realm = parameters.get("realm");
  const nonce = parameters.get("nonce");
  if (scheme !== "digest" || realm === undefined || nonce === undefined) return undefined;
  const name = parameters.get("algorithm");
  const [, base = "", session] = /^(.*?)(-sess)?$/i.exec(name ?? "MD5") ?? [];
  const algorithm = algorithms.find((known) => known === base.toUpperCase());
  if (algorithm === undefined) return undefined;
  const options = parameters
    .get("qop")
    ?.split(",")
    .map((option) => option.trim().toLowerCase());
  if (options !== undefined && !options.includes("auth")) return undefined;
  return {
    realm,
    nonce,
    opaque: parameters.get("opaque"),
    algorithm,
    algorithmName: name,
    session: session !== undefined,
    qop: options === undefined ? undefined : "auth",
    userhash: parameters.get("userhash")?.toLowerCase() === "true",
    stale: parameters.get("stale")?.toLowerCase() === "true",
  };
}

/** The one to answer: the server's first choice, but MD5 only where there is nothing better. */
export function preferredDigest(challenges: readonly Challenge[]): DigestChallenge | undefined {
  const readable = challenges.flatMap((challenge) => readDigestChallenge(challenge) ?? []);
  return readable.find(({ algorithm }) => algorithm !== "MD5") ?? readable[0];
}

/** Answers of one challenge; each counts (RFC 7616 §3.4). */
export class DigestSession {
  readonly challenge: DigestChallenge;
  readonly #user: { readonly username: string; readonly password: string };
  readonly #tools: DigestTools;
  #nonce: string;
  #count = 0;
  /** A session's key is made once, with the client nonce of the first request, which stays (RFC 7616 §3.4.2). */
  #session: { readonly key: string; readonly clientNonce: string } | undefined;

  constructor(
    challenge: DigestChallenge,
    user: { readonly username: string; readonly password: string },
    tools: DigestTools,
  ) {
    this.challenge = challenge;
    this.#user = user;
    this.#tools = tools;
    this.#nonce = challenge.nonce;
  }

  /** What is used now: a server may have given the next one. */
  get nonce(): string {
    return this.#nonce;
  }

  /** Whether the nonce was not used yet: a server may take each once only. */
  get fresh(): boolean {
    return this.#count === 0;
  }

  /** The server took an answer, and may have given the next nonce in an `Authentication-Info` field (RFC 7616 §3.5). */
  accepted(authenticationInfo: string | null): void {
    const next = /(?:^|[\s,])nextnonce\s*=\s*"((?:[^"\\]|\\.)*)"/i.exec(
      (authenticationInfo ?? "").slice(0, 4096),
    )?.[1];
    if (next === undefined) return;
    const nonce = next.replace(/\\(.)/g, "$1");
    if (nonce === this.#nonce) return;
    this.#nonce = nonce;
    this.#count = 0;
    this.#session = undefined;
  }

  /** The `Authorization` field of one request. */
  authorization(method: string, url: URL): string {
    const { challenge } = this;
    const { realm, opaque, algorithmName, qop, userhash } = challenge;
    this.#count += 1;
    const count = this.#count.toString(16).padStart(8, "0");
    const target = url.pathname + url.search;
    const { key: secret, clientNonce } = this.#secret();
    const request = this.#hash(`${method}:${target}`);
    const proof =
      qop === undefined
        ? this.#hash(`${secret}:${this.#nonce}:${request}`)
        : this.#hash(`${secret}:${this.#nonce}:${count}:${clientNonce}:${qop}:${request}`);
    const parameters = [
      this.#username(),
      `realm=${quoted(realm)}`,
      `nonce=${quoted(this.#nonce)}`,
      `uri=${quoted(target)}`,
      `response="${proof}"`,
      ...(algorithmName === undefined ? [] : [`algorithm=${algorithmName}`]),
      ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
      ...(qop === undefined && !challenge.session ? [] : [`cnonce="${clientNonce}"`]),
      ...(qop === undefined ? [] : [`qop=${qop}`, `nc=${count}`]),
      ...(userhash ? ["userhash=true"] : []),
    ];
    return `Digest ${parameters.join(", ")}`;
  }

  #secret(): { readonly key: string; readonly clientNonce: string } {
    if (this.#session !== undefined) return this.#session;
    const { username, password } = this.#user;
    const clientNonce = this.#tools.newClientNonce();
    const key = this.#hash(`${username}:${this.challenge.realm}:${password}`);
    if (!this.challenge.session) return { key, clientNonce };
    this.#session = { key: this.#hash(`${key}:${this.#nonce}:${clientNonce}`), clientNonce };
    return this.#session;
  }

  #username(): string {
    const { username } = this.#user;
    if (this.challenge.userhash) return `username="${this.#hash(`${username}:${this.challenge.realm}`)}"`;
    if (/^[\x20-\x7E]*$/.test(username)) return `username=${quoted(username)}`;
    // RFC 7616 §3.4: "username*", as RFC 5987 writes it.
    return `username*=UTF-8''${encodeURIComponent(username).replace(/['()*]/g, percent)}`;
  }

  #hash(text: string): string {
    return this.#tools.hash(this.challenge.algorithm, text);
  }
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

const algorithms: readonly DigestAlgorithm[] = ["SHA-256", "SHA-512-256", "MD5"];
