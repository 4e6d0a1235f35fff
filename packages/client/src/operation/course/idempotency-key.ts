import { misuse } from "../../error/misuse.ts";

/**
 * Writes an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07 §2.1) as the string of RFC 8941 §3.3.3:
 * `"8e03978e-40d5-43dd-bc93-6894a57f9324"`.
 *
 * @throws {TypeError} `ERR_IDEMPOTENCY_KEY` unless it has 1 to 255 characters from space to "~"
 */
export function formatIdempotencyKey(key: string): string {
  if (/^[\x20-\x7e]{1,255}$/.test(key)) return `"${key.replace(/["\\]/g, "\\$&")}"`;
  throw misuse("ERR_IDEMPOTENCY_KEY", 'an Idempotency-Key has 1 to 255 characters from space to "~"');
}
