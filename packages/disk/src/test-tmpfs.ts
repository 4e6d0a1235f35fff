import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

let known: { readonly refusal: string | undefined } | undefined;

/** Why no file system in memory can be mounted here; undefined where one can. */
export function tmpfsRefusal(): string | undefined {
  known ??= { refusal: tryIt() };
  return known.refusal;
}

/** Mounts a file system in memory. @returns what unmounts it */
export function mountTmpfs(directory: string, size: string): () => void {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "meanwhile-test", directory], {
    stdio: "pipe",
  });
  return () => void execFileSync("umount", ["-l", directory]);
}

function tryIt(): string | undefined {
  if (process.platform !== "linux") return "only Linux has tmpfs";
  const directory = mkdtempSync(join(tmpdir(), "meanwhile-tmpfs-"));
  try {
    mountTmpfs(directory, "1m")();
    return undefined;
  } catch {
    return "the kernel does not let this process mount a tmpfs";
  } finally {
    rmdirSync(directory);
  }
}
