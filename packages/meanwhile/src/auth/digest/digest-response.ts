import { createHash } from "node:crypto";
import type { DigestAlgorithm } from "./htdigest.ts";

/** What a Digest response is calculated from, beside the password. */
export interface DigestInput {
  readonly algorithm: DigestAlgorithm;
  /** H(name:realm:password), in lower-case hex. */
  readonly hashedSecret: string;
  readonly method: string;
  readonly uri: string;
  readonly nonce: string;
  readonly nonceCount: string;
  readonly clientNonce: string;
}

/** The `response` of Digest credentials with qop=auth, in lower-case hex (RFC 7616 §3.4.1). */
export function digestResponse(input: DigestInput): string {
  const { algorithm, hashedSecret, nonce, nonceCount, clientNonce } = input;
  const hashedRequest = hash(algorithm, `${input.method}:${input.uri}`);
  return hash(algorithm, `${hashedSecret}:${nonce}:${nonceCount}:${clientNonce}:auth:${hashedRequest}`);
}

const nodeNames: Readonly<Record<DigestAlgorithm, string>> = { MD5: "md5", "SHA-256": "sha256" };

/** Field values are octets to Node, one a character; they are hashed as they came. */
function hash(algorithm: DigestAlgorithm, text: string): string {
  return createHash(nodeNames[algorithm]).update(text, "latin1").digest("hex");
}
