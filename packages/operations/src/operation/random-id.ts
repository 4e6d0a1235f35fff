import { randomFillSync } from "node:crypto";

const idBytes = 16;
/** Randomness comes for many ids at once: each call for it costs more than the id. */
const pool: Buffer = Buffer.allocUnsafeSlow(128 * idBytes);
let at = pool.length;

/** An unguessable name: 128 random bits, safe in URLs and file names. */
export function randomId(): string {
  if (at === pool.length) {
    randomFillSync(pool);
    at = 0;
  }
  at += idBytes;
  return pool.toString("base64url", at - idBytes, at);
}
