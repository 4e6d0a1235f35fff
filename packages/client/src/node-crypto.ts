/** What the client takes of node:crypto, where browsers have script of their own. */
import { createHash, type Hash, randomBytes } from "node:crypto";
import type { DigestAlgorithm, DigestTools } from "./auth/digest.ts";
import type { RunningHash } from "./dav/content/content-hash.ts";

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

/** SHA-256 by Node. */
export const nodeHash = (): RunningHash => running(createHash("sha256"));

function running(hash: Hash): RunningHash {
  return {
    update: (bytes) => void hash.update(bytes),
    copy: () => running(hash.copy()),
    digest: () => hash.digest(),
  };
}
