import { execFileSync } from "node:child_process";

/** Mounts a file system in memory. @returns what unmounts it */
export function mountTmpfs(directory: string, size: string): () => void {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "meanwhile-test", directory], {
    stdio: "pipe",
  });
  return () => void execFileSync("umount", ["-l", directory]);
}
