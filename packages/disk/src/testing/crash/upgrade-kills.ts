/** An upgrade from format 1 is killed before each of its changes: the next start comes to the same end. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import { readTables } from "@meanwhile/state-lmdb/internal";
import { expect } from "vitest";
import { testWith } from "../../../../../conformance/judge.ts";
import { openTestDisk } from "../disk.ts";
import { filesIn, format1EndedMs, inFormat1, makeFormat1 } from "../format-1.ts";
import { startChild } from "./child.ts";

const at = (path: string): ResourcePath => path as ResourcePath;
const clock = () => format1EndedMs;

/** What a state of format 2 has of the fixture. */
export async function expectUpgraded(place: {
  readonly folder: string;
  readonly state: string;
}): Promise<void> {
  const { folder, state } = place;
  const disk = await openTestDisk({ folder, state, clock });
  for (const [path, value] of [
    ["/b", "of a"],
    ["/copied/deep/7", "of 7"],
    ["/moved/7", "of moved 7"],
  ] as const) {
    const [property] = await disk.tree.properties(at(path));
    expect(property?.xml, path).toContain(`>${value}<`);
  }
  for (const path of ["/locked", "/locked-last"]) {
    const [lock] = await disk.locks.covering(at(path));
    expect(lock, path).toMatchObject({ scope: "exclusive", timeoutSeconds: 3600 });
  }
  await disk.close();
  const rows = await readTables(join(state, "state.mdb"), [
    { name: "works", encoding: "json" },
    { name: "journal", encoding: "binary" },
    { name: "moved-tags", encoding: "json" },
    { name: "tables", encoding: "json" },
  ]);
  const keys = (name: string): readonly unknown[] => (rows.get(name) ?? []).map(({ key }) => key);
  expect(keys("works").length).toBeGreaterThanOrEqual(3);
  for (const key of keys("works")) expect(key).toEqual([1, expect.any(String), expect.any(Number)]);
  // Two works, an outcome, and the version.
  expect(keys("journal")).toHaveLength(4);
  for (const key of keys("journal")) expect(key).toEqual([0, expect.any(String)]);
  expect(keys("moved-tags")).toHaveLength(1);
  expect(rows.get("tables")).toContainEqual({ key: "works", value: 1 });
  const [content = ""] = readdirSync(join(state, "contents"));
  expect(readFileSync(join(state, "contents", content), "utf8")).toBe("x".repeat(100_000));
}

const changes = ["mkdirSync", "linkSync", "copyFileSync", "fsyncSync", "renameSync", "rmSync"];

/** Freezes the process before one of the changes that it makes in the state directory, once the upgrade has begun. */
const freezeBefore = (number: number): string => `
  import fs from "node:fs";
  import { syncBuiltinESMExports } from "node:module";
  let left = ${number};
  let begun = false;
  for (const name of ${JSON.stringify(changes)}) {
    const change = fs[name];
    fs[name] = (...args) => {
      begun ||= String(args[0]).endsWith("format-2.new");
      if (begun && --left === 0) {
        fs.writeSync(1, "here\\n");
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      }
      return change(...args);
    };
  }
  syncBuiltinESMExports();
`;

export function testUpgradeKills(which: "each" | "every twelfth"): void {
  testWith(
    ["linux"],
    `killed before ${which} of its changes, an upgrade leaves format 1, or older programs refuse the state`,
    async () => {
      const seen = new Set<string>();
      for (let number = 1; ; number += which === "each" ? 1 : 12) {
        const place = await makeFormat1();
        const before = filesIn(place.state);
        const child = startChild(
          place,
          `await module.openDisk({ folder, state }); say("open"); setInterval(() => {}, 1e6);`,
          freezeBefore(number),
        );
        const end = await Promise.race([
          child.says("here").then(() => "killed"),
          child.says("open").then(() => "open"),
        ]).catch(() => "open");
        await child.kill();
        if (end === "open") break;
        const now = filesIn(place.state);
        const context = `killed before change ${number}`;
        if (now.get("data.mdb") === before.get("data.mdb")) {
          seen.add("format 1");
          for (const [name, content] of before)
            expect(now.get(name) === content, `${context}: ${name}`).toBe(true);
        } else {
          seen.add(existsSync(join(place.state, "state.mdb")) ? "format 2" : "between");
          expect(await inFormat1(place.state, "about", (about) => about.get("format")), context).toBe(2);
          expect(now.get("format-1/data.mdb") === before.get("data.mdb"), context).toBe(true);
        }
        await expectUpgraded(place);
        for (const [name, content] of before) {
          expect(filesIn(join(place.state, "format-1")).get(name) === content, `${context}: ${name}`).toBe(
            true,
          );
        }
      }
      const all = ["format 1", "between", "format 2"];
      expect([...seen].sort()).toEqual(which === "each" ? all.sort() : expect.arrayContaining(["format 1"]));
    },
    { timeout: 180_000 },
  );
}
