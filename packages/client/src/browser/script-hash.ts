import { sha256 } from "@noble/hashes/sha2.js";
import type { RunningHash } from "../dav/content/content-hash.ts";

/** SHA-256 in script: what browsers have themselves takes all of the content at once. */
export const scriptHash = (): RunningHash => running(sha256.create());

function running(hash: ReturnType<typeof sha256.create>): RunningHash {
  return {
    update: (bytes) => void hash.update(bytes),
    copy: () => running(hash.clone()),
    digest: () => hash.digest(),
  };
}
