import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { BcryptTask } from "./bcrypt-worker.ts";

/** Whether the hash is the password's. Rejects where the thread fails. */
export type VerifyBcrypt = (password: string, hash: string) => Promise<boolean>;

/** Node 20 runs these sources by a loader that the process was started with; what is built needs no options. */
const extension = extname(import.meta.url);
const execArgv =
  extension === ".ts" ? process.execArgv.filter((option) => option.startsWith("--import=")) : [];

/**
 * Compares passwords with bcrypt hashes in threads of its own, one for each comparison that runs at once: bcrypt takes
 * tens of milliseconds by design. bcryptjs is JavaScript, so this needs no native module. A thread starts with the first
 * comparison that needs it, is kept for the next one, and keeps no process alive while it has no work.
 */
export function createBcryptThreads(): VerifyBcrypt {
  const idle: Worker[] = [];
  return async (password, hash) => {
    const worker = idle.pop() ?? startWorker();
    worker.ref();
    worker.postMessage({ password, hash } satisfies BcryptTask);
    const [right] = await once(worker, "message");
    worker.unref();
    idle.push(worker);
    return right === true;
  };
}

function startWorker(): Worker {
  return new Worker(new URL(`./bcrypt-worker${extension}`, import.meta.url), { execArgv });
}
