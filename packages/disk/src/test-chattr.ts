import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let works: boolean | undefined;

/** Whether this process may make files immutable (`chattr +i`): root on a file system that knows it. */
export function chattrWorks(): boolean {
  works ??= tryIt();
  return works;
}

function tryIt(): boolean {
  const directory = mkdtempSync(join(tmpdir(), "meanwhile-chattr-"));
  const file = join(directory, "file");
  try {
    writeFileSync(file, "");
    execFileSync("chattr", ["+i", file], { stdio: "ignore" });
    execFileSync("chattr", ["-i", file], { stdio: "ignore" });
    return true;
  } catch {
    // No such program, no such right, or no such file system.
    return false;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
