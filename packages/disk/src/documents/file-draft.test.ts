import { readdirSync, statSync, writeFileSync } from "node:fs";
import type { ResourcePath } from "@meanwhile/dav";
import { expect } from "vitest";
import { testWith } from "../../../../conformance/judge.ts";
import { makeTestDisk, type TestDisk } from "../testing/disk.ts";

const modeOf = (disk: TestDisk, name: string): number => statSync(disk.local(name)).mode & 0o777;

/** The mode of the file that is being written. */
function hiddenMode(disk: TestDisk): number {
  const [name] = readdirSync(disk.folder).filter((one) => one.startsWith(".meanwhile-"));
  return modeOf(disk, name ?? "");
}

const replaced: readonly [mode: number | undefined, after: number][] = [
  [undefined, 0o666 & ~process.umask()],
  [0o600, 0o600],
  [0o640, 0o640],
  [0o666, 0o666],
];

for (const [mode, after] of replaced) {
  testWith(
    ["posix"],
    `an upload over a file of mode ${mode?.toString(8)} may be read by its owner alone until its end; then its mode is ${after.toString(8)}`,
    async () => {
      const disk = await makeTestDisk();
      if (mode !== undefined) writeFileSync(disk.local("name"), "old", { mode });
      const draft = await disk.tree.draft("/name" as ResourcePath, { length: undefined });
      expect(hiddenMode(disk)).toBe(0o600);
      await draft.write(Buffer.from("secret"));
      expect(hiddenMode(disk)).toBe(0o600);
      await draft.commit({ modifiedMs: undefined });
      // What the process masks was masked when the old one was made, too.
      expect(modeOf(disk, "name")).toBe(mode === undefined ? after : after & ~process.umask());
    },
  );
}
