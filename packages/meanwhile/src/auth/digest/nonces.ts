/** Nonces that need no memory: the time of their making, signed (RFC 7616 §3.3). */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { ExpiringTables } from "@meanwhile/server";

/** What a nonce turns out to be. */
export type NonceOrigin =
  /** Not made with our key, or made for another user. */
  | { readonly kind: "foreign" }
  /** `proven`: it was handed to this very user after a right response. */
  | { readonly kind: "ours"; readonly issuedMs: number; readonly proven: boolean };

export interface Nonces {
  /** A new one, for anybody; or for the user who has just proved to be who he says. */
  issue(provenUser?: string): string;
  originOf(nonce: string, user: string): NonceOrigin;
}

/** The key of the nonces of all processes that share the tables: of those that ask, the first makes it. */
export async function nonceKeyIn(
  tables: ExpiringTables,
  random: (bytes: number) => Uint8Array,
): Promise<Uint8Array> {
  const made = Buffer.from(random(32)).toString("base64");
  const key = await tables.table<string>("nonceKeys", 1).update("key", ({ value }) => ({
    record: value === undefined ? { value: made, untilMs: Number.MAX_SAFE_INTEGER } : "same",
    result: value ?? made,
  }));
  return Buffer.from(key, "base64");
}

/** Bytes of the time, of chance, of the signature. */
const timeBytes = 6;
const randomBytes = 10;
const signatureBytes = 16;

/**
 * @param clock milliseconds, never going backwards
 * @param key signs the nonces: processes that share it and the clock accept each other's
 */
export function createNonces(
  clock: () => number,
  random: (bytes: number) => Uint8Array,
  key: Uint8Array,
): Nonces {
  function sign(body: Uint8Array, user: string | undefined): Buffer {
    const signature = createHmac("sha256", key).update(body);
    if (user !== undefined) signature.update(user, "utf8");
    return signature.digest().subarray(0, signatureBytes);
  }

  return {
    issue(provenUser) {
      const time = Buffer.alloc(timeBytes);
      time.writeUIntBE(Math.floor(clock()), 0, timeBytes);
      const body = Buffer.concat([time, random(randomBytes)]);
      return Buffer.concat([body, sign(body, provenUser)]).toString("base64url");
    },
    originOf(nonce, user) {
      const bytes = Buffer.from(nonce, "base64url");
      if (
        bytes.length !== timeBytes + randomBytes + signatureBytes ||
        bytes.toString("base64url") !== nonce
      ) {
        return { kind: "foreign" };
      }
      const body = bytes.subarray(0, timeBytes + randomBytes);
      const signature = bytes.subarray(timeBytes + randomBytes);
      const proven = user !== "" && timingSafeEqual(signature, sign(body, user));
      if (!proven && !timingSafeEqual(signature, sign(body, undefined))) return { kind: "foreign" };
      return { kind: "ours", issuedMs: body.readUIntBE(0, timeBytes), proven };
    },
  };
}
