import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";

/**
 * What a machine can do that some tests need, beside the judges' programs. Each gives the reason why it cannot;
 * undefined where it can.
 */
export const abilities = {
  linux: () => (process.platform === "linux" ? undefined : "only Linux has it"),
  /** Modes and masks of files. */
  posix: () => (process.platform === "win32" ? "Windows has no such modes" : undefined),
  /** A C compiler for a library that is preloaded. */
  cc: () =>
    process.platform === "linux"
      ? attempt((place) => {
          const source = join(place, "a.c");
          writeFileSync(source, "#include <dlfcn.h>\n");
          execFileSync("cc", ["-shared", "-fPIC", "-o", join(place, "a.so"), source], { stdio: "pipe" });
        })
      : "only Linux preloads libraries so",
  /** Seeing the system calls of a process. A container may have the program and not the right. */
  strace: () => attempt(() => execFileSync("strace", ["-qq", "-o", "/dev/null", "true"], { stdio: "pipe" })),
  /** A file system in memory. */
  tmpfs: () =>
    attempt((place) => {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "meanwhile-test", place], { stdio: "pipe" });
      execFileSync("umount", ["-l", place], { stdio: "pipe" });
    }),
  /** Files that cannot be changed: root has that right, on file systems that know it. */
  chattr: () =>
    attempt((place) => {
      const file = join(place, "file");
      writeFileSync(file, "");
      execFileSync("chattr", ["+i", file], { stdio: "pipe" });
      execFileSync("chattr", ["-i", file], { stdio: "pipe" });
    }),
  /** Permissions that bind this process, or can be made to: root is above them, but its main thread can become nobody. */
  permissions: () => {
    if (process.platform === "win32") return "Windows has no such permissions";
    if (process.getuid?.() !== 0) return undefined;
    return isMainThread
      ? undefined
      : "root is above permissions, and this is a thread, which cannot become nobody";
  },
  /** File systems of programs. A container may have the program and not the device. */
  fuse: () =>
    attempt(() => {
      closeSync(openSync("/dev/fuse", "r+"));
    }),
  /** exFAT, as a file system of a program. */
  exfat: () =>
    attempt((place) => {
      const image = join(place, "image");
      writeFileSync(image, "");
      truncateSync(image, 8 * 1024 * 1024);
      execFileSync("mkfs.exfat", [image], { stdio: "pipe" });
      const at = join(place, "at");
      mkdirSync(at);
      const device = execFileSync("losetup", ["--find", "--show", image], { encoding: "utf8" }).trim();
      try {
        execFileSync("mount.exfat-fuse", [device, at], { stdio: "pipe" });
        execFileSync("umount", [at], { stdio: "pipe" });
      } finally {
        execFileSync("losetup", ["--detach", device], { stdio: "pipe" });
      }
    }),
  /** Files as disks, with a file system on them. */
  loopMounts: () =>
    attempt((place) => {
      const image = join(place, "image");
      writeFileSync(image, "");
      truncateSync(image, 8 * 1024 * 1024);
      execFileSync("mkfs.ext4", ["-q", image], { stdio: "pipe" });
      const at = join(place, "at");
      mkdirSync(at);
      execFileSync("mount", ["-o", "loop", image, at], { stdio: "pipe" });
      execFileSync("umount", [at], { stdio: "pipe" });
    }),
  root: () => (process.getuid?.() === 0 ? undefined : "only root may"),
} as const satisfies Readonly<Record<string, () => string | undefined>>;

/** Tries it in a folder of its own. @returns what went wrong */
function attempt(action: (place: string) => void): string | undefined {
  const place = mkdtempSync(join(tmpdir(), "meanwhile-ability-"));
  try {
    action(place);
    return undefined;
  } catch (error) {
    // The last line is the program's own.
    return (error instanceof Error ? error.message : String(error)).trim().split("\n").at(-1);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
