import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import { testWork } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import { makeTestDisk, type TestDisk } from "../testing/disk.ts";

const at = (path: string): ResourcePath => path as ResourcePath;

const works: readonly [name: string, act: (disk: TestDisk) => Promise<unknown>][] = [
  [
    "COPY",
    (disk) =>
      disk.tree.copy(at("/empty"), at("/new"), { replace: true, depth: "infinity" }, testWork({ id: "w" })),
  ],
  ["MOVE", (disk) => disk.tree.move(at("/empty"), at("/new"), { replace: true }, testWork({ id: "w" }))],
];

test.each(works)(
  "%s of an empty collection stays when a loss of power took the last lines of its record",
  async (_name, act) => {
    const disk = await makeTestDisk();
    mkdirSync(disk.local("empty"));
    await act(disk);
    await disk.close();
    const file = join(disk.state, "works");
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    // The outcome was recorded, so nobody resumes it; each number of lines may have been synced.
    const placeholder = lines.findIndex((line) => line.includes("placeholder"));
    expect(placeholder).toBeGreaterThan(0);
    for (let kept = placeholder + 1; kept <= lines.length; kept += 1) {
      writeFileSync(file, `${lines.slice(0, kept).join("\n")}\n`);
      const next = await disk.reopen();
      await next.tree.recovered?.(new Set());
      expect(existsSync(next.local("new")), `${kept} lines`).toBe(true);
      await next.close();
    }
  },
);
