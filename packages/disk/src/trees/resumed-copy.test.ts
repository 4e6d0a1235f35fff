/** What of a staged tree an earlier process copied wholly: only within one start of the machine do size and time say it. */
import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type TestWork, testWork } from "@meanwhile/server/testing";
import { expect, onTestFinished, test } from "vitest";
import type { Change } from "../calls/before-change.ts";
import {
  type CrashSite,
  makeCrashSite,
  reap,
  recordedFacts,
  recordFacts,
  startProcess,
} from "../testing/crash/crash.ts";
import { type CrashCase, crashCases, makeCrashTree } from "../testing/crash/crash-cases.ts";

const id = "work-1";
const apart = crashCases.find(({ name }) => name === "MOVE to another file system");

interface Staged {
  readonly site: CrashSite;
  /** Where the copy of a member is. */
  readonly at: (name: string) => string;
}

/** Ends the COPY of a tree when all of it is staged, and the record does not say so yet. */
async function staged(
  crash: CrashCase | undefined = crashCases[0],
  more: Partial<CrashSite> = {},
): Promise<Staged> {
  if (crash === undefined) throw new Error("there is no case");
  for (let change = 1; change < 200; change += 1) {
    const site = { ...makeCrashSite(crash.fault), ...more };
    await makeCrashTree(site.folder, startProcess(site).tree, crash);
    for (const name of ["a", "z", "d/b", "d/c"]) utimesSync(join(site.folder, "source", name), 1e9, 1e9);
    await ticked(site);
    const process = startProcess(site, change);
    await Promise.race([crash.run(process.tree, testWork({ id })), process.ended]);
    await reap(site);
    const name = readdirSync(site.folder).find((candidate) => candidate.includes("-staged~"));
    const at = (member: string): string => join(site.folder, name ?? "", member);
    const members = name === undefined ? [] : readdirSync(at(""), { recursive: true, encoding: "utf8" });
    const whole = (member: string): boolean => lstatSync(at(member)).mtimeMs === 1e12;
    const files = ["a", "z", "d/b", "d/c"].every((member) => members.includes(member) && whole(member));
    if (files && recordedFacts(site, id)?.whole !== true) return { site, at };
  }
  throw new Error("the work never comes there");
}

/** Resolves once the clock of the file system has a later time than all that is in the folder. */
async function ticked({ state }: CrashSite): Promise<void> {
  const time = (): bigint => {
    writeFileSync(join(state, "clock"), "");
    return lstatSync(join(state, "clock"), { bigint: true }).ctimeNs;
  };
  for (const first = time(); time() === first; ) await nextTurn();
}

async function goOn(site: CrashSite, crash: CrashCase | undefined = crashCases[0]): Promise<TestWork> {
  const { tree, recover } = startProcess(site);
  await recover(new Set([id]));
  const work = testWork({ id, resumed: true });
  await crash?.run(tree, work);
  return work;
}

async function resume(site: CrashSite): Promise<void> {
  const work = await goOn(site);
  expect([...work.failures]).toEqual([]);
  for (const name of ["a", "z", "d/b", "d/c"]) {
    expect(readFileSync(join(site.folder, "destination", name), "utf8")).toBe(`content of source/${name}`);
    expect(lstatSync(join(site.folder, "destination", name)).mtimeMs).toBe(1e12);
  }
}

const inode = (path: string): number => lstatSync(path).ino;

test("within one start of the machine, what has the size and time of its source is not copied again", async () => {
  const { site, at } = await staged();
  const before = ["a", "d/c"].map((name) => inode(at(name)));
  await resume(site);
  expect(["a", "d/c"].map((name) => inode(join(site.folder, "destination", name)))).toEqual(before);
});

const torn: readonly (readonly [what: string, tear: (path: string) => void])[] = [
  ["has a part of its content", (path) => truncateSync(path, 3)],
  ["has its content, and not its time yet", (path) => utimesSync(path, 2e9, 2e9)],
  ["has more permissions than its own", (path) => chmodSync(path, 0o4644)],
  [
    "is another, of the same time",
    (path) => {
      writeFileSync(path, "content of something else");
      utimesSync(path, 1e9, 1e9);
    },
  ],
];

test.each(torn)("one that %s is copied again", async (_what, tear) => {
  const { site, at } = await staged();
  tear(at("d/c"));
  const before = inode(at("a"));
  await resume(site);
  expect(inode(join(site.folder, "destination/a"))).toBe(before);
});

test("after another start of the machine all is copied again: what was not synced may be torn", async () => {
  const { site, at } = await staged();
  const facts = recordedFacts(site, id);
  expect(facts?.boot).toMatch(/./);
  if (facts !== undefined) await recordFacts(site, id, { ...facts, boot: "another" });
  // As after a loss of power: the size and the time are there, and the content is not.
  const { size } = lstatSync(at("d/c"));
  writeFileSync(at("d/c"), Buffer.alloc(size));
  utimesSync(at("d/c"), 1e9, 1e9);
  await resume(site);
});

/** Changes a source so that neither its size nor its time of modification tells. */
function changeUnseen(site: CrashSite): void {
  const path = join(site.folder, "source/d/c");
  writeFileSync(path, "CONTENT OF source/d/c");
  utimesSync(path, 1e9, 1e9);
}

test("a source that was changed since, with its size and time kept, is copied again", async () => {
  const { site } = await staged();
  changeUnseen(site);
  expect([...(await goOn(site)).failures]).toEqual([]);
  expect(readFileSync(join(site.folder, "destination/d/c"), "utf8")).toBe("CONTENT OF source/d/c");
});

test("a source that was changed since, with its size and time kept, is not lost by a MOVE", async () => {
  const { site } = await staged(apart);
  changeUnseen(site);
  await goOn(site, apart);
  const source = join(site.folder, "source/d/c");
  const kept = existsSync(source) ? source : join(site.folder, "destination/d/c");
  expect(readFileSync(kept, "utf8")).toBe("CONTENT OF source/d/c");
});

test("what is not copied again is synced before it is recorded as whole", async () => {
  const synced: string[] = [];
  const fault = ({ call, path }: Change): void => {
    const at = path?.toString() ?? "";
    if (call === "sync") synced.push(at.startsWith("/proc/self/fd/") ? readlinkSync(at) : at);
  };
  const { site, at } = await staged(undefined, { fault });
  const before = inode(at("d/c"));
  synced.length = 0;
  await resume(site);
  expect(inode(join(site.folder, "destination/d/c"))).toBe(before);
  const whole = synced.indexOf("works");
  for (const name of ["a", "z", "d/b", "d/c"]) expect(synced.slice(0, whole)).toContain(at(name));
});

test("where names of another spelling are the same, all is copied again: a copy may be another member's", async () => {
  const { site, at } = await staged(undefined, { form: (name) => name.toLowerCase() });
  const before = inode(at("a"));
  // Its number is not given again while it is there.
  const held = openSync(at("a"), "r");
  onTestFinished(() => closeSync(held));
  await resume(site);
  expect(inode(join(site.folder, "destination/a"))).not.toBe(before);
});
