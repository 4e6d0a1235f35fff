/** What of a staged tree an earlier process copied wholly: only within one start of the machine do size and time say it. */
import { lstatSync, readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { testWork } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import { type CrashSite, makeCrashSite, reap, startProcess } from "./test-crash.ts";
import { crashCases, makeCrashTree } from "./test-crash-cases.ts";

const id = "work-1";
const [crash] = crashCases;

/** Ends the COPY of a tree when all of it is staged, and the record does not say so yet. */
async function staged(): Promise<{ readonly site: CrashSite; readonly at: (name: string) => string }> {
  if (crash === undefined) throw new Error("there is no case");
  for (let change = 1; change < 200; change += 1) {
    const site = makeCrashSite();
    await makeCrashTree(site.folder, startProcess(site).tree, crash);
    for (const name of ["a", "z", "d/b", "d/c"]) utimesSync(join(site.folder, "source", name), 1e9, 1e9);
    const process = startProcess(site, change);
    await Promise.race([crash.run(process.tree, testWork({ id })), process.ended]);
    await reap(site);
    const name = readdirSync(site.folder).find((candidate) => candidate.includes("-staged~"));
    const at = (member: string): string => join(site.folder, name ?? "", member);
    const works = readFileSync(join(site.state, "works"), "utf8");
    const members = name === undefined ? [] : readdirSync(at(""), { recursive: true, encoding: "utf8" });
    const whole = (member: string): boolean => lstatSync(at(member)).mtimeMs === 1e12;
    const files = ["a", "z", "d/b", "d/c"].every((member) => members.includes(member) && whole(member));
    if (files && !works.includes('"whole":true')) return { site, at };
  }
  throw new Error("the work never comes there");
}

async function resume(site: CrashSite): Promise<void> {
  const { tree, recover } = startProcess(site);
  await recover(new Set([id]));
  const work = testWork({ id, resumed: true });
  await crash?.run(tree, work);
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
  const works = join(site.state, "works");
  const text = readFileSync(works, "utf8");
  expect(text).toContain('"boot":"');
  writeFileSync(works, text.replace(/"boot":"[^"]*"/, '"boot":"another"'));
  // As after a loss of power: the size and the time are there, and the content is not.
  const { size } = lstatSync(at("d/c"));
  writeFileSync(at("d/c"), Buffer.alloc(size));
  utimesSync(at("d/c"), 1e9, 1e9);
  await resume(site);
});
