/** Between the end of a process and the next one others change what the work is about: nothing of theirs is lost. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import { testWork } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import { type CrashSite, makeCrashSite, reap, startProcess } from "./crash.ts";
import { type CrashCase, crashCases, makeCrashTree } from "./crash-cases.ts";

export const id = "work-1";
export const theirs = "what others wrote";

export interface Interference {
  readonly name: string;
  /** @returns false where there is nothing to interfere with */
  act(at: (path: string) => string): boolean;
}

const interferences: readonly Interference[] = [
  { name: "write to a member of the source", act: (at) => rewrite(at("source/d/c")) },
  { name: "make a new member of the source", act: (at) => write(at("source"), "new") },
  { name: "recreate the source", act: (at) => !existsSync(at("source")) && recreate(at("source")) },
  { name: "replace the source", act: (at) => existsSync(at("source")) && recreate(at("source")) },
  {
    name: "replace a member of the source by a rename",
    act: (at) => {
      if (!existsSync(at("source/d/c"))) return false;
      writeFileSync(at("other/file"), theirs);
      renameSync(at("other/file"), at("source/d/c"));
      return true;
    },
  },
  { name: "write to a member of the destination", act: (at) => rewrite(at("destination/d/b")) },
  { name: "make a new member of the destination", act: (at) => write(at("destination"), "new") },
  { name: "make a new collection in the destination", act: (at) => make(at("destination"), "n") },
  {
    name: "make the destination",
    act: (at) => !existsSync(at("destination")) && recreate(at("destination")),
  },
  {
    name: "replace the destination",
    act: (at) => existsSync(at("destination")) && recreate(at("destination")),
  },
];

function rewrite(path: string): boolean {
  if (!existsSync(path)) return false;
  writeFileSync(path, theirs);
  return true;
}

function write(directory: string, name: string): boolean {
  if (!existsSync(directory) || !statSync(directory).isDirectory()) return false;
  writeFileSync(join(directory, name), theirs);
  return true;
}

function make(directory: string, name: string): boolean {
  if (!existsSync(directory) || !statSync(directory).isDirectory()) return false;
  mkdirSync(join(directory, name, "deep"), { recursive: true });
  return write(join(directory, name, "deep"), "new");
}

export function recreate(path: string): boolean {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  return write(path, "new");
}

/** The clocks of file systems tick every few milliseconds: what others do comes later than what was before. */
function untilTheClockTicks(folder: string, startedMs: number): void {
  const probe = join(folder, "..", "probe");
  const time = (): bigint => {
    writeFileSync(probe, "");
    return lstatSync(probe, { bigint: true }).ctimeNs;
  };
  const first = time();
  const started = BigInt(startedMs + 2) * 1_000_000n;
  for (let now = first; now === first || now < started; now = time());
}

function findTheirs(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => {
    const path = join(folder, name);
    return lstatSync(path).isFile() && readFileSync(path, "utf8") === theirs;
  });
}

export async function interfered(
  site: CrashSite,
  crash: CrashCase,
  change: number,
  other: Interference,
): Promise<"over" | "nothing" | { readonly startedMs: number; readonly seen: string }> {
  const { tree } = startProcess(site);
  await makeCrashTree(site.folder, tree, crash);
  const { seen } = await tree.see("/destination" as ResourcePath, { members: true });
  const first = startProcess(site, change);
  const startedMs = Date.now();
  const run = crash.run(first.tree, testWork({ id, skipped: crash.skipped }), seen).catch(() => undefined);
  const end = await Promise.race([run, first.ended]);
  await reap(site);
  if (end !== "ended") return "over";
  untilTheClockTicks(site.folder, startedMs);
  return other.act((path) => join(site.folder, path)) ? { startedMs, seen } : "nothing";
}

interface Check {
  readonly crash: CrashCase;
  readonly change: number;
  readonly other: Interference;
}

/** @returns "over" where the work came to its end before that change */
async function check({ crash, change, other }: Check): Promise<"over" | "nothing" | "checked"> {
  const site = makeCrashSite(crash.fault);
  const state = await interfered(site, crash, change, other);
  if (typeof state === "string") return state;
  const context = `ended before change ${change}, then others ${other.name}`;
  expect(findTheirs(site.folder).length, context).toBe(1);
  const { tree, left, recover } = startProcess(site);
  await recover(new Set([id]));
  const { startedMs, seen } = state;
  const work = testWork({ id, skipped: crash.skipped, resumed: true, startedMs });
  await crash.run(tree, work, seen).catch(() => undefined);
  const visible = findTheirs(site.folder).filter((name) => !name.includes(".meanwhile-"));
  expect(visible.length, context).toBeGreaterThan(0);
  expect(hiddenIn(site.folder).length > 0, context).toBe(left.length > 0);
  return "checked";
}

export function hiddenIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.includes(".meanwhile-"),
  );
}

/**
 * Tests each crash case with interference before its changes: every kind before each change, or before every third
 * change one kind that can interfere there.
 */
export function testInterference(which: "every" | "some"): void {
  test.each(crashCases.map((crash, index) => ({ crash, name: crash.name, index })))(
    "$name: whatever others do before it is resumed, nothing of theirs is lost",
    async ({ crash, index }) => {
      let checked = 0;
      let over = false;
      for (let change = 2; !over; change += which === "every" ? 1 : 3) {
        for (const other of interferencesFrom(change + index)) {
          const state = await check({ crash, change, other });
          over = state === "over";
          if (state === "checked") checked += 1;
          if (over || (state === "checked" && which === "some")) break;
        }
      }
      expect(checked).toBeGreaterThan(which === "every" ? 2 : 0);
    },
  );
}

/** All of them, each time another one first. */
function interferencesFrom(start: number): readonly Interference[] {
  const first = start % interferences.length;
  return [...interferences.slice(first), ...interferences.slice(0, first)];
}
