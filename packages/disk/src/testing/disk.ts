/** A folder and its state, made for one test. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Disk, type DiskOptions, openDisk } from "../disk.ts";

export interface TestDisk extends Omit<Disk, "state"> {
  /** The served folder. */
  readonly folder: string;
  readonly state: string;
  /** The place of a member of the folder. */
  local(path: string): string;
  /** Ends this disk and opens another on the same folder. */
  reopen(): Promise<TestDisk>;
}

/** Opens a disk on a new folder; both are gone when the test ends. */
export async function makeTestDisk(options: Partial<DiskOptions> = {}): Promise<TestDisk> {
  const place = makeFolder();
  return openTestDisk({ ...place, ...options });
}

/** A new directory that is gone when the test ends. */
export function makeFolder(): { readonly folder: string; readonly state: string } {
  const base = mkdtempSync(join(tmpdir(), "meanwhile-disk-"));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  const folder = join(base, "folder");
  mkdirSync(folder);
  return { folder, state: join(base, "state") };
}

export async function openTestDisk(options: DiskOptions): Promise<TestDisk> {
  const disk = await openDisk(options);
  let open = true;
  const close = async (): Promise<void> => {
    if (open) await disk.close();
    open = false;
  };
  onTestFinished(close);
  return {
    ...disk,
    close,
    folder: options.folder,
    state: options.state,
    local: (path) => join(options.folder, path),
    reopen: async () => {
      await close();
      return openTestDisk(options);
    },
  };
}
