import { createHash, randomBytes } from "node:crypto";
import type { DigestAlgorithm, DigestTools } from "./digest.ts";

/** Digest's needs, of Node. */
export const nodeDigest: DigestTools = {
  hash: (algorithm, text) => createHash(names[algorithm]).update(text, "utf8").digest("hex"),
  newClientNonce: () => randomBytes(16).toString("hex"),
};

const names: Readonly<Record<DigestAlgorithm, string>> = {
  MD5: "md5",
  "SHA-256": "sha256",
  "SHA-512-256": "sha512-256",
};
