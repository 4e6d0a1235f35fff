import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { startThread } from "@meanwhile/state-lmdb/internal";
import type { BcryptTask } from "./bcrypt-worker.ts";

/** Whether the hash is the password's. Rejects where the thread fails. */
export type VerifyBcrypt = (password: string, hash: string) => Promise<boolean>;

/**
 * Compares passwords with bcrypt hashes in threads of its own, one for each comparison that runs at once: bcrypt takes
 * tens of milliseconds by design. bcryptjs is JavaScript, so this needs no native module. A thread starts with the first
 * comparison that needs it, is kept for the next one, and keeps no process alive while it has no work.
 */
export function createBcryptThreads(): VerifyBcrypt {
  const idle: Worker[] = [];
  return async (password, hash) => {
    const worker = idle.pop() ?? startThread("bcrypt-worker", import.meta.url);
    worker.ref();
    worker.postMessage({ password, hash } satisfies BcryptTask);
    const [right] = await once(worker, "message");
    worker.unref();
    idle.push(worker);
    return right === true;
  };
}
