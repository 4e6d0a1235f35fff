/** A disk whose power can be cut: an image on a file system that copies files by sharing their blocks, at one moment. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** "one": tree and state on one file system. "two": the state, and a part of the tree, on another in the same image. */
export type Series = "one" | "two";

export interface CutImage {
  /** The folder to serve. With two file systems its folder "mount" is on the second. */
  readonly folder: string;
  readonly state: string;
  /** Takes the power away: what is on the disk at this moment is kept, and nothing else. The disk goes on until then. */
  cut(): void;
  /** Puts the disk as it was at the cut in place of the one that went on, checks it (fsck), and mounts it. */
  restart(): void;
  /** Unmounts and removes everything. */
  dispose(): void;
}

const megabyte = 1024 * 1024;
/** Of each file system. */
const bytes = 128 * megabyte;

function run(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" }).trim();
}

export function makeCutImage(series: Series): CutImage {
  const place = mkdtempSync(join(tmpdir(), "meanwhile-power-"));
  const [below, first, second] = ["below", "first", "second"].map((name) => join(place, name)) as [
    string,
    string,
    string,
  ];
  for (const directory of [below, first, second]) mkdirSync(directory);
  const [image, kept] = [join(below, "disk.img"), join(below, "cut.img")];
  /** What undoes each mount, the last first. */
  const undo: (() => void)[] = [];
  const devices: string[] = [];
  let round = 0;

  const mountDevice = (device: string, at: string): void => {
    // A long commit interval brings only what is synced to the disk.
    run("mount", "-o", round % 2 === 0 ? "commit=300" : "commit=5", device, at);
    undo.push(() => run("umount", at));
  };
  const attach = (index: number): string => {
    const range = ["--offset", `${index * bytes}`, "--sizelimit", `${bytes}`];
    const device = run("losetup", "--find", "--show", ...range, image);
    devices.push(device);
    return device;
  };
  const mountAll = (prepare: (device: string) => void): void => {
    for (const [index, at] of (series === "one" ? [first] : [first, second]).entries()) {
      const device = attach(index);
      prepare(device);
      mountDevice(device, at);
    }
  };
  const folder = join(first, "tree");
  const inside = join(second, "inside");
  const bind = (): void => {
    if (series === "one") return;
    run("mount", "--bind", inside, join(folder, "mount"));
    undo.push(() => run("umount", join(folder, "mount")));
  };
  const unmount = (): void => {
    for (const step of undo.splice(0).reverse()) step();
  };
  const detach = (those: readonly string[]): void => {
    for (const device of those) run("losetup", "--detach", device);
  };
  const dispose = (): void => {
    try {
      unmount();
      detach(devices.splice(0));
      // Loop devices let go of the image a moment after they were told to.
      run("umount", "--lazy", below);
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  };

  writeFileSync(join(place, "below.img"), "");
  truncateSync(join(place, "below.img"), 1024 * megabyte);
  run("mkfs.xfs", "-q", "-m", "reflink=1", join(place, "below.img"));
  run("mount", "-o", "loop", join(place, "below.img"), below);
  try {
    writeFileSync(image, "");
    truncateSync(image, 2 * bytes);
    mountAll((device) => run("mkfs.ext4", "-q", device));
    mkdirSync(join(folder, "mount"), { recursive: true });
    if (series === "two") mkdirSync(inside);
    bind();
    run("sync");
  } catch (error) {
    dispose();
    throw error;
  }
  return {
    folder,
    state: join(series === "one" ? first : second, "state"),
    cut: () => void run("cp", "--reflink=always", image, kept),
    restart() {
      unmount();
      renameSync(kept, image);
      round += 1;
      // Device numbers are others after a boot, and here: the old ones are given back only then.
      const before = devices.splice(0);
      mountAll(check);
      bind();
      detach(before);
    },
    dispose,
  };
}

/** Replays the journal, as the first mount would, and looks for faults. */
function check(device: string): void {
  try {
    run("e2fsck", "-p", device);
    run("e2fsck", "-f", "-n", device);
  } catch (error) {
    const { status, stdout } = error as { readonly status?: number; readonly stdout?: string };
    // 1: the journal was replayed.
    if (status !== 1)
      throw new Error(`the file system is damaged after the cut: ${stdout}`, { cause: error });
  }
}
