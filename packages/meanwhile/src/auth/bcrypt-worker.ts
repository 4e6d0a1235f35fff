/** A worker thread: compares passwords with bcrypt hashes, one at a time. */
import { createRequire } from "node:module";
import { parentPort } from "node:worker_threads";

export interface BcryptTask {
  readonly password: string;
  readonly hash: string;
}

interface Bcrypt {
  compareSync(password: string, hash: string): boolean;
}

const bcrypt: Bcrypt = createRequire(import.meta.url)("bcryptjs");

parentPort?.on("message", ({ password, hash }: BcryptTask) => {
  parentPort?.postMessage(bcrypt.compareSync(password, hash));
});
