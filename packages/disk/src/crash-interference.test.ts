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
import { testWork } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import { type CrashSite, makeCrashSite, reap, startProcess } from "./test-crash.ts";
import { type CrashCase, crashCases, makeCrashTree } from "./test-crash-cases.ts";

const id = "work-1";
const theirs = "what others wrote";
const soak = process.env["MEANWHILE_SOAK"] === "1";

interface Interference {
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

function recreate(path: string): boolean {
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

async function interfered(
  site: CrashSite,
  crash: CrashCase,
  change: number,
  other: Interference,
): Promise<"over" | "nothing" | { readonly startedMs: number }> {
  await makeCrashTree(site.folder, startProcess(site).tree, crash);
  const first = startProcess(site, change);
  const startedMs = Date.now();
  const run = crash.run(first.tree, testWork({ id, skipped: crash.skipped })).catch(() => undefined);
  const end = await Promise.race([run, first.ended]);
  await reap(site);
  if (end !== "ended") return "over";
  untilTheClockTicks(site.folder, startedMs);
  return other.act((path) => join(site.folder, path)) ? { startedMs } : "nothing";
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
  const { tree, left } = startProcess(site);
  await tree.recovered(new Set([id]));
  const work = testWork({ id, skipped: crash.skipped, resumed: true, ...state });
  await crash.run(tree, work).catch(() => undefined);
  const visible = findTheirs(site.folder).filter((name) => !name.includes(".meanwhile-"));
  expect(visible.length, context).toBeGreaterThan(0);
  expect(hiddenIn(site.folder).length > 0, context).toBe(left.length > 0);
  return "checked";
}

function hiddenIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.includes(".meanwhile-"),
  );
}

test.each(crashCases)(
  "$name: whatever others do before it is resumed, nothing of theirs is lost",
  async (crash) => {
    const step = soak ? 1 : 6;
    let checked = 0;
    for (const other of interferences) {
      for (let change = 2; ; change += step) {
        const state = await check({ crash, change, other });
        if (state === "over") break;
        if (state === "checked") checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(2);
  },
);

/** The first change of a work before which the folder is in a certain state. */
async function firstChangeWhere(crash: CrashCase, holds: (folder: string) => boolean): Promise<number> {
  for (let change = 1; change < 1000; change += 1) {
    const site = makeCrashSite(crash.fault);
    const state = await interfered(site, crash, change, { name: "", act: () => true });
    if (state === "over") break;
    if (holds(site.folder)) return change;
  }
  throw new Error("the work never comes there");
}

async function resumedAfter(crash: CrashCase, change: number, act: (site: CrashSite) => void) {
  const site = makeCrashSite(crash.fault);
  const other: Interference = {
    name: "",
    act: () => {
      act(site);
      return true;
    },
  };
  const state = await interfered(site, crash, change, other);
  if (typeof state === "string") throw new Error("the work was over");
  const { tree } = startProcess(site);
  await tree.recovered(new Set([id]));
  const work = testWork({ id, resumed: true, ...state });
  let error: unknown;
  await crash.run(tree, work).catch((thrown: unknown) => {
    error = thrown;
  });
  return { site, work, error };
}

function caseOf(name: string): CrashCase {
  const crash = crashCases.find((candidate) => candidate.name === name);
  if (crash === undefined) throw new Error(`no case is called ${name}`);
  return crash;
}

test("a member of the destination that others changed is kept, and told as failed", async () => {
  const { site, work } = await resumedAfter(caseOf("COPY over a collection"), 10, ({ folder }) => {
    writeFileSync(join(folder, "destination/d/b"), theirs);
  });
  expect([...work.failures]).toEqual([["/destination/d/b", "changed"]]);
  expect(readFileSync(join(site.folder, "destination/d/b"), "utf8")).toBe(theirs);
  expect(readFileSync(join(site.folder, "destination/a"), "utf8")).toBe("content of source/a");
  expect(existsSync(join(site.folder, "destination/old"))).toBe(false);
});

test("a destination that others replaced fails the COPY, and stays", async () => {
  const { site, error } = await resumedAfter(caseOf("COPY over a collection"), 10, ({ folder }) => {
    recreate(join(folder, "destination"));
  });
  expect(error).toMatchObject({ name: "TreeError", code: "changed" });
  expect(readdirSync(join(site.folder, "destination"))).toEqual(["new"]);
});

test("a member of the source that others changed is not removed by a MOVE between file systems", async () => {
  const crash = caseOf("MOVE to another file system");
  const placed = await firstChangeWhere(crash, (folder) => existsSync(join(folder, "destination")));
  const { site, work } = await resumedAfter(crash, placed, ({ folder }) => {
    writeFileSync(join(folder, "source/z"), theirs);
  });
  expect([...work.failures]).toEqual([["/source/z", "changed"]]);
  expect(readFileSync(join(site.folder, "source/z"), "utf8")).toBe(theirs);
  expect(readdirSync(join(site.folder, "source"))).toEqual(["z"]);
});

test("a collection that others make anew while its removal waits is not removed (§9.6.1)", async () => {
  const crash = caseOf("DELETE");
  const hidden = await firstChangeWhere(crash, (folder) => !existsSync(join(folder, "source")));
  const { site, work, error } = await resumedAfter(crash, hidden, ({ folder }) => {
    recreate(join(folder, "source"));
  });
  expect(error).toBeUndefined();
  expect([...work.failures]).toEqual([]);
  expect(readdirSync(join(site.folder, "source"))).toEqual(["new"]);
  expect(hiddenIn(site.folder)).toEqual([]);
});

test("a disk that is closed leaves works where they are, and the next process goes on from there", async () => {
  const crash = caseOf("COPY");
  const site = makeCrashSite();
  const first = startProcess(site);
  await makeCrashTree(site.folder, first.tree, crash);
  let closing: Promise<void> | undefined;
  const closed = new Promise<void>((resolve) => {
    const work = testWork({
      id,
      onEvent: (event) => {
        if (event.kind !== "done" || closing !== undefined) return;
        closing = first.tree.close().then(resolve);
      },
    });
    void crash.run(first.tree, work);
  });
  await closed;
  await reap(site);
  expect(existsSync(join(site.folder, "destination"))).toBe(false);
  expect(hiddenIn(site.folder).length).toBeGreaterThan(1);
  const { tree } = startProcess(site);
  await tree.recovered(new Set([id]));
  await crash.run(tree, testWork({ id, resumed: true }));
  expect(readdirSync(join(site.folder, "destination")).sort()).toEqual(["a", "d", "e", "z"]);
  expect(hiddenIn(site.folder)).toEqual([]);
});
