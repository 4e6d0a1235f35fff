/** Digest authentication (RFC 7616). */
import { createHash, timingSafeEqual } from "node:crypto";
import type {
  Authentication,
  Credentials,
  ExpiringTables,
  LoginAttempt,
  LoginVerdict,
} from "@meanwhile/server";
import type { WatchedFile } from "../../options/watched-file.ts";
import type { Throttle } from "../throttle.ts";
import { type DigestCredentials, parseDigestCredentials } from "./digest-credentials.ts";
import { digestResponse } from "./digest-response.ts";
import type { DigestAlgorithm, Htdigest } from "./htdigest.ts";
import { createNonceCounts } from "./nonce-counts.ts";
import { createNonces, nonceKeyIn } from "./nonces.ts";
import { isSignedFor } from "./signed-target.ts";

export interface Digest {
  /** For `WWW-Authenticate` fields, best first; `stale` is the user whose response was right but for its nonce. */
  challenges(stale?: string): readonly string[];
  /** Judges what follows the scheme in an Authorization field; undefined where it is not right. */
  judge(credentials: Credentials, text: string): Promise<Authentication | undefined>;
  /** Judges a name and a password that came as they are. */
  judgePassword(attempt: LoginAttempt): Promise<LoginVerdict>;
}

export interface DigestOptions {
  readonly users: WatchedFile<Htdigest>;
  readonly throttle: Throttle;
  /** Where the nonces' key and counts are kept; nonces are as old as their clock says. */
  readonly tables: ExpiringTables;
  readonly random: (bytes: number) => Uint8Array;
}

/** After this a nonce is stale, and clients that can are given the next one at half of it. */
export const nonceLifetimeMs: number = 5 * 60 * 1000;
/** Until then a request with content is still accepted, since not every client can send its content again. */
export const nonceGraceMs: number = 60 * 60 * 1000;

/** Makes Digest authentication (RFC 7616) against the users, with nonces that are used once. */
export async function createDigest({ users, throttle, tables, random }: DigestOptions): Promise<Digest> {
  const nonces = createNonces(() => tables.now(), random, await nonceKeyIn(tables, random));
  const counts = createNonceCounts(tables, nonceGraceMs);

  function challenges(stale?: string): readonly string[] {
    const { algorithms, realm } = users.current();
    const nonce = nonces.issue(stale);
    const end = stale === undefined ? "" : ", stale=true";
    return algorithms.map(
      (algorithm) =>
        `Digest realm="${realm}", qop="auth", algorithm=${algorithm}, nonce="${nonce}", charset=UTF-8${end}`,
    );
  }

  async function judge(credentials: Credentials, text: string): Promise<Authentication | undefined> {
    const parsed = parseDigestCredentials(text);
    const { realm, algorithms, users: listed } = users.current();
    if (parsed === undefined || parsed.realm !== realm || !algorithms.includes(parsed.algorithm))
      return undefined;
    // "The authenticating server MUST assure that the resource designated by the 'uri' parameter is the same as the
    // resource specified in the Request-Line; if they are not, the server SHOULD return a 400" (RFC 7616 §3.4.6).
    if (!isSignedFor(parsed.uri, credentials.target)) {
      return {
        kind: "refused",
        status: 400,
        reason: "the Digest credentials are for another request target",
      };
    }

    const user = parsed.userNames.find((name) => listed.has(name)) ?? parsed.userNames[0] ?? "";
    const origin = nonces.originOf(parsed.nonce, user);
    // Who has proved to be the user is not held up by what others try.
    const proven = (origin.kind === "ours" && origin.proven) || (await counts.knows(parsed.nonce, user));
    if (!proven) {
      const attempt = await throttle.attempt(credentials.address, user);
      if (attempt.kind === "wait") return { kind: "throttled", retryAfterSeconds: attempt.seconds };
    }
    const hashedSecret = listed.get(user)?.[parsed.algorithm];
    if (!isRight(credentials.method, parsed, hashedSecret)) return undefined;
    await throttle.succeeded(credentials.address, user);

    if (origin.kind === "foreign") return { kind: "challenge", challenges: challenges(user) };
    const ageMs = tables.now() - origin.issuedMs;
    const lifetimeMs = hasContent(credentials) ? nonceGraceMs : nonceLifetimeMs;
    const count = Number.parseInt(parsed.nonceCount, 16);
    // One of the future was made before the time of day was set back.
    if (ageMs < 0 || ageMs > lifetimeMs || !(await counts.take(parsed.nonce, origin.issuedMs, user, count))) {
      return { kind: "challenge", challenges: challenges(user) };
    }
    if (ageMs < nonceLifetimeMs / 2) return { kind: "known", principal: user };
    const fields = { "Authentication-Info": `nextnonce="${nonces.issue(user)}"` };
    return { kind: "known", principal: user, fields };
  }

  async function judgePassword({ address, user: typed, password }: LoginAttempt): Promise<LoginVerdict> {
    const { realm, algorithms, users: listed } = users.current();
    const user = typed.normalize("NFC");
    const attempt = await throttle.attempt(address, user);
    if (attempt.kind === "wait") return { kind: "throttled", retryAfterSeconds: attempt.seconds };
    const [algorithm = "SHA-256"] = algorithms;
    const hash = hashedSecretOf(algorithm, user, realm, password.normalize("NFC"));
    const hashedSecret = listed.get(user)?.[algorithm];
    const isRight = timingSafeEqual(Buffer.from(hash), Buffer.from(hashedSecret ?? "0".repeat(hash.length)));
    if (!isRight || hashedSecret === undefined) return { kind: "wrong" };
    await throttle.succeeded(address, user);
    return { kind: "known", principal: user };
  }

  return { challenges, judge, judgePassword };
}

/** H(A1) of what was typed (RFC 7616 §3.4.2). */
function hashedSecretOf(algorithm: DigestAlgorithm, user: string, realm: string, password: string): string {
  return createHash(algorithm === "MD5" ? "md5" : "sha256")
    .update(`${user}:${realm}:${password}`)
    .digest("hex");
}

/** Takes as long for users who are not there. */
function isRight(method: string, credentials: DigestCredentials, hashedSecret: string | undefined): boolean {
  const { algorithm, uri, nonce, nonceCount, clientNonce, response } = credentials;
  const secret = hashedSecret ?? "0".repeat(response.length);
  const expected = digestResponse({
    algorithm,
    hashedSecret: secret,
    method,
    uri,
    nonce,
    nonceCount,
    clientNonce,
  });
  return timingSafeEqual(Buffer.from(expected), Buffer.from(response)) && hashedSecret !== undefined;
}

function hasContent({ headers }: Credentials): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}
