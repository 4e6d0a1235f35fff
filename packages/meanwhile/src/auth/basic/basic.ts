/** Basic authentication (RFC 7617). */
import { createHmac } from "node:crypto";
import type { Authentication, Credentials } from "@meanwhile/server";
import type { WatchedFile } from "../../options/watched-file.ts";
import type { Standing, Throttle } from "../throttle.ts";
import { parseBasicCredentials } from "./basic-credentials.ts";
import type { VerifyBcrypt } from "./bcrypt-threads.ts";
import type { Htpasswd } from "./htpasswd.ts";
import { createPasswordCheck } from "./password-check.ts";
import { createVerifiedCredentials } from "./verified-credentials.ts";

/** What Basic credentials are found to be, unless they are wrong. */
export type BasicVerdict = Extract<Authentication, { readonly kind: "known" | "throttled" | "overloaded" }>;

export interface Basic {
  /** For a `WWW-Authenticate` field. */
  readonly challenge: string;
  /** Judges what follows the scheme in an Authorization field; undefined where it is not right. */
  judge(credentials: Pick<Credentials, "address">, token68: string): Promise<BasicVerdict | undefined>;
}

/** The standing of credentials that were right before. */
const proven: Standing = { ofAddress: -1, ofUser: -1 };
/** After so many seconds there is likely to be room again. */
const overloadedSeconds = 2;

export interface BasicOptions {
  readonly users: WatchedFile<Htpasswd>;
  readonly realm: string;
  readonly throttle: Throttle;
  readonly clock: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly verify: VerifyBcrypt;
}

/** Makes Basic authentication (RFC 7617) against the users, with throttling of wrong passwords. */
export function createBasic({ users, realm, throttle, clock, random, verify }: BasicOptions): Basic {
  const key = random(32);
  const check = createPasswordCheck({ verify });
  const underWay = new Map<string, Promise<BasicVerdict | undefined>>();
  let listed = users.current();
  let verified = createVerifiedCredentials(clock);

  async function judgeAnew(
    address: string,
    token68: string,
    digest: string,
  ): Promise<BasicVerdict | undefined> {
    const parsed = parseBasicCredentials(token68);
    if (parsed === undefined) return undefined;
    const attempt = await throttle.attempt(address, parsed.user);
    if (attempt.kind === "wait") return { kind: "throttled", retryAfterSeconds: attempt.seconds };
    const judgedBy = listed;
    const standing = verified.knew(digest) ? proven : attempt.standing;
    const verdict = await check(judgedBy, parsed.user, parsed.password, standing);
    if (verdict.kind === "busy") {
      // Nobody has looked at the password: it counts as no failure.
      await throttle.withdraw(address, parsed.user);
      return { kind: "overloaded", retryAfterSeconds: overloadedSeconds };
    }
    if (verdict.kind === "wrong") return undefined;
    await throttle.succeeded(address, parsed.user);
    if (judgedBy === listed) verified.add(digest, verdict.user);
    return { kind: "known", principal: verdict.user };
  }

  return {
    challenge: `Basic realm="${realm}", charset="UTF-8"`,
    judge(credentials, token68) {
      const current = users.current();
      if (current !== listed) {
        listed = current;
        verified = createVerifiedCredentials(clock);
        underWay.clear();
      }
      // Passwords are not kept, nor anything that they could be guessed from without the key.
      const digest = createHmac("sha256", key).update(token68).digest("base64");
      const principal = verified.principalOf(digest);
      if (principal !== undefined) return Promise.resolve({ kind: "known", principal });

      // A client begins with several requests at once: one check is enough for all of them.
      const place = `${credentials.address} ${digest}`;
      const sameUnderWay = underWay.get(place);
      if (sameUnderWay !== undefined) return sameUnderWay;
      const judgement = judgeAnew(credentials.address, token68, digest).finally(() => {
        if (underWay.get(place) === judgement) underWay.delete(place);
      });
      underWay.set(place, judgement);
      return judgement;
    },
  };
}
