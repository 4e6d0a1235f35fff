import { createHash, type Hash } from "node:crypto";
import type { RunningHash } from "./content-hash.ts";

/** SHA-256 by Node. */
export const nodeHash = (): RunningHash => running(createHash("sha256"));

function running(hash: Hash): RunningHash {
  return {
    update: (bytes) => void hash.update(bytes),
    copy: () => running(hash.copy()),
    digest: () => hash.digest(),
  };
}
