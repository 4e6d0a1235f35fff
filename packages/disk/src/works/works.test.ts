import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import { testWork } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import type { Change } from "../calls/before-change.ts";
import { Calls } from "../calls/calls.ts";
import { makeFolder } from "../testing/disk.ts";
import { Pace } from "../workers/pace.ts";
import type { WorkBeginning } from "./work-facts.ts";
import { mostFailed, Works } from "./works.ts";

const beginning: WorkBeginning = {
  version: 1,
  method: "copy",
  source: "/a" as ResourcePath,
  destination: "/b" as ResourcePath,
  kind: "collection",
  identity: "1:2:3",
  ctimeNs: "4",
  names: { aside: "aside", clock: "clock", staged: "staged" },
};
const member = { path: "/a/x" as ResourcePath, kind: "document", code: "denied" } as const;

function opener(before?: (change: Change) => undefined): { readonly file: string; open(): Works } {
  const file = join(makeFolder().folder, "works");
  let id = 0;
  const randomId = (): string => `r${++id}`;
  return {
    file,
    open: () => new Works({ file, calls: new Calls(new Pace(), before), randomId, clock: () => 5 }),
  };
}

test("what was written down is there for the next process", async () => {
  const { open } = opener();
  const log = await open().begin(testWork({ id: "w" }), beginning);
  await log.add({ timeNs: "7", staged: "8:9:10" });
  await log.addMember(member);
  const next = open();
  expect(next.names()).toEqual(new Set(["aside", "clock", "staged"]));
  const resumed = next.resume(testWork({ id: "w", resumed: true }));
  expect(resumed?.facts).toMatchObject({ ...beginning, timeNs: "7", staged: "8:9:10", failed: [member] });
});

test("the beginning says when it was, for works that were ended before they read the clock", async () => {
  const { open } = opener();
  await open().begin(testWork({ id: "w" }), beginning);
  expect(open().resume(testWork({ id: "w", resumed: true }))?.facts.timeNs).toBe("6000000");
});

test("a line that was cut off has not been said, and does not harm the next", async () => {
  const { file, open } = opener();
  const log = await open().begin(testWork({ id: "w" }), beginning);
  await log.add({ timeNs: "7" });
  const whole = readFileSync(file, "utf8");
  for (let length = 0; length < whole.length - 1; length += 1) {
    writeFileSync(file, whole.slice(0, length));
    const works = open();
    const facts = works.resume(testWork({ id: "w", resumed: true }))?.facts;
    expect(facts?.source ?? "/a").toBe("/a");
    expect(["6000000", undefined]).toContain(facts?.timeNs);
    const other = await works.begin(testWork({ id: "other" }), beginning);
    await other.add({ whole: true });
    expect(open().resume(testWork({ id: "other", resumed: true }))?.facts.whole).toBe(true);
  }
});

test("a line that could not be written whole does not harm the next", async () => {
  let full = false;
  const { file, open } = opener(() => {
    if (!full) return undefined;
    writeFileSync(file, '{"work":"w","tim', { flag: "a" });
    throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
  });
  const log = await open().begin(testWork({ id: "w" }), beginning);
  full = true;
  await expect(log.add({ timeNs: "7" })).rejects.toMatchObject({ code: "no-space" });
  full = false;
  await log.add({ staged: "8:9:10" });
  const facts = open().resume(testWork({ id: "w", resumed: true }))?.facts;
  expect(facts).toMatchObject({ staged: "8:9:10", timeNs: "6000000" });
});

test("two works with one id are kept apart", async () => {
  const { open } = opener();
  const works = open();
  await works.begin(testWork({ id: "w" }), beginning);
  await works.begin(testWork({ id: "w" }), { ...beginning, source: "/other" as ResourcePath });
  const next = open();
  expect(next.resume(testWork({ id: "w", resumed: true }))?.facts.source).toBe("/a");
  expect(next.unresumed(new Set()).map(({ facts }) => facts.source)).toEqual(["/other"]);
});

test("the file stays bounded, and keeps the last works that ended and all that have not", async () => {
  const { file, open } = opener();
  const works = open();
  const running = await works.begin(testWork({ id: "running" }), beginning);
  for (let i = 0; i < 5000; i += 1) {
    await (await works.begin(testWork({ id: `w${i}` }), beginning)).end();
    if (i === 2500) await running.add({ whole: true });
  }
  expect(readFileSync(file).byteLength).toBeLessThan(1.1 * 1024 * 1024);
  const next = open();
  expect(next.resume(testWork({ id: "running", resumed: true }))?.facts.whole).toBe(true);
  expect(next.resume(testWork({ id: "w4999", resumed: true }))?.facts.ended).toBe(true);
  expect(next.resume(testWork({ id: "w0", resumed: true }))).toBeUndefined();
});

test("of very many members that failed the first are written down, and all that others changed", async () => {
  const { file, open } = opener();
  const log = await open().begin(testWork({ id: "w" }), beginning);
  const member = (index: number) => ({ path: `/a/${index}` as ResourcePath, kind: "document" as const });
  for (let index = 0; index < mostFailed + 500; index += 1) {
    await log.addMember({ ...member(index), code: "no-space" });
  }
  await log.addMember({ ...member(-1), code: "changed" });
  expect(log.facts.failed).toHaveLength(mostFailed + 1);
  const facts = open().resume(testWork({ id: "w", resumed: true }))?.facts;
  expect(facts?.failed).toHaveLength(mostFailed + 1);
  expect(facts?.failed.at(-1)?.code).toBe("changed");
  expect(readFileSync(file).byteLength).toBeLessThan(2 * 1024 * 1024);
});

test("a work that has not ended concerns what is at, above and below both of its ends", async () => {
  const { open } = opener();
  const works = open();
  const paths = ["/", "/a", "/a/x", "/b", "/b/y", "/ab", "/c"] as ResourcePath[];
  const concerned = (of: typeof works) => paths.filter((path) => of.concerns(path));
  expect(concerned(works)).toEqual([]);
  const log = await works.begin(testWork({ id: "w" }), { ...beginning, destination: "/b" as ResourcePath });
  expect(concerned(works)).toEqual(["/", "/a", "/a/x", "/b", "/b/y"]);
  expect(concerned(open()), "an earlier process began it").toEqual(["/", "/a", "/a/x", "/b", "/b/y"]);
  await log.end();
  expect(concerned(works)).toEqual([]);
});

test("a work that is not resumed does not take up what an earlier one with its id left", async () => {
  const { open } = opener();
  await open().begin(testWork({ id: "w" }), beginning);
  expect(open().resume(testWork({ id: "w" }))).toBeUndefined();
});
