/** A worker thread: compares passwords with bcrypt hashes, one at a time. */
import { parentPort } from "node:worker_threads";
import { compareSync } from "bcryptjs";

export interface BcryptTask {
  readonly password: string;
  readonly hash: string;
}

parentPort?.on("message", ({ password, hash }: BcryptTask) => {
  parentPort?.postMessage(compareSync(password, hash));
});
