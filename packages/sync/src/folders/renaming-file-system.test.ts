/** File systems that have other names than they were given: FAT, HFS+, and whatever a mount makes of them. */
import * as fileSystem from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { fakeServer } from "../testing/fake-dav-client.ts";
import { testFolder } from "../testing/test-folder.ts";
import { FolderError, type FolderSummary } from "./folder-work.ts";
import { syncFolder } from "./sync-folder.ts";

const calls = [
  "lstat",
  "mkdir",
  "open",
  "opendir",
  "rename",
  "rmdir",
  "stat",
  "unlink",
  "utimes",
  "chmod",
] as (keyof typeof fileSystem)[];

/** The real calls, on names as the file system has them. */
function renaming(within: string, change: (name: string) => string): typeof fileSystem {
  const changed = (path: unknown): unknown =>
    typeof path === "string" && path.startsWith(`${within}/`)
      ? within + path.slice(within.length).split("/").map(change).join("/")
      : path;
  const all = { ...fileSystem };
  const renamed = Object.fromEntries(
    calls.map((call) => {
      const real = all[call] as (...args: unknown[]) => unknown;
      return [call, (...args: unknown[]) => real(...args.map(changed))];
    }),
  );
  // Without symbolic links, a path is told as it was asked for.
  const realpath = async (path: string): Promise<string> => {
    const real = await fileSystem.realpath(changed(path) as string);
    return path.startsWith(`${within}/`) ? path : real;
  };
  return { ...fileSystem, ...renamed, realpath: realpath as typeof fileSystem.realpath };
}

function scene(change: (name: string) => string) {
  const local = testFolder();
  const server = fakeServer();
  const sync = async (remembers: boolean): Promise<FolderSummary> => {
    const work = syncFolder(server.client, local.folder, "", {
      ...{ direction: "down", delete: true, stateDirectory: remembers ? local.stateDirectory : false },
      surroundings: { fileSystem: renaming(local.folder, change) },
    });
    return work.outcome.catch((error: unknown) => {
      if (error instanceof FolderError) return error.summary;
      throw error;
    });
  };
  const contents = (): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(local.contents()).filter(([path]) => !path.endsWith(".part")));
  return { local, contents, server, sync };
}

describe.each<[what: string, change: (name: string) => string, there: string, here: string]>([
  ["trims", (name) => name.replace(/[. ]+$/, ""), "name.", "name"],
  ["decomposes", (name) => name.normalize("NFD"), "\u00e9", "e\u0301"],
  ["upper case", (name) => (name.startsWith(".meanwhile-") ? name : name.toUpperCase()), "ReadMe", "README"],
])("sync --delete down, where the file system %s", (_what, change, there, here) => {
  test("settles, keeps what came, deletes what is surplus", async () => {
    const { local, contents, server, sync } = scene(change);
    server.put(there, "content", new Date(Date.UTC(2026, 0, 1)));
    server.put(`${there}-folder/${there}`, "inner", new Date(Date.UTC(2026, 0, 1)));
    local.write("SURPLUS", "x");
    const wanted = {
      [here]: "content",
      [`${change(`${there}-folder`)}/`]: "",
      [`${change(`${there}-folder`)}/${here}`]: "inner",
    };
    expect(await sync(true)).toMatchObject({ failures: 0, transferred: 2, deleted: 1 });
    expect(contents()).toEqual(wanted);
    for (const _ of [2, 3]) {
      expect(await sync(true)).toMatchObject({ failures: 0, transferred: 0, skipped: 2, deleted: 0 });
      expect(contents()).toEqual(wanted);
    }
  });

  test("never deletes what came, be everything forgotten", async () => {
    const { contents, server, sync } = scene(change);
    server.put(there, "content", new Date(Date.UTC(2026, 0, 1)));
    for (const _ of [1, 2, 3]) {
      await sync(false);
      expect(contents()).toEqual({ [here]: "content" });
    }
  });
});
