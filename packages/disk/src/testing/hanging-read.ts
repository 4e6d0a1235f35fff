import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { makeFolder } from "./disk.ts";

/** A path whose opening for reading does not come back until it is released, or the test ends: a pipe without a writer. */
export function makeHangingRead(): { readonly path: string; release(): void } {
  const path = join(makeFolder().folder, "pipe");
  execFileSync("mkfifo", [path]);
  let writer: number | undefined;
  // Opened for both, a pipe is opened at once; so is its other end, for as long as this one is open.
  const release = (): void => {
    writer ??= openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  };
  onTestFinished(() => {
    if (writer !== undefined) closeSync(writer);
  });
  onTestFinished(release);
  return { path, release };
}
