import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import { testWork } from "@meanwhile/server/testing";
import { stateIn } from "@meanwhile/state-lmdb/testing";
import { open } from "lmdb";
import { expect, onTestFinished, test } from "vitest";
import { makeFolder } from "../testing/disk.ts";
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

const owner = { id: "o", epoch: 1 };

/** Processes, one after the other, with one record of works; `fault` is called before each commit. */
function opener(fault?: () => void): { open(): Works; rows(): number } {
  const database = open({ path: join(makeFolder().folder, "state.mdb"), noSync: true });
  onTestFinished(() => database.close());
  let id = 0;
  const randomId = (): string => `r${++id}`;
  const before = (): undefined => {
    fault?.();
  };
  return {
    open: () => new Works({ part: stateIn(database, before).part(), randomId, owner, clock: () => 5 }),
    rows: () => database.openDB({ name: "works", encoding: "json" }).getKeysCount(),
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

test("a fact that could not be written down does not harm the next", async () => {
  let full = false;
  const { open } = opener(() => {
    if (full) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
  });
  const log = await open().begin(testWork({ id: "w" }), beginning);
  full = true;
  await expect(log.add({ timeNs: "7" })).rejects.toMatchObject({ code: "no-space" });
  full = false;
  await log.add({ staged: "8:9:10" });
  const facts = open().resume(testWork({ id: "w", resumed: true }))?.facts;
  expect(facts).toMatchObject({ staged: "8:9:10", timeNs: "6000000" });
});

test("facts that are written down at the same time are all there", async () => {
  const { open } = opener();
  const log = await open().begin(testWork({ id: "w" }), beginning);
  await Promise.all([log.add({ timeNs: "7" }), log.addMember(member), log.addSynced({ whole: true })]);
  const facts = open().resume(testWork({ id: "w", resumed: true }))?.facts;
  expect(facts).toMatchObject({ timeNs: "7", whole: true, failed: [member] });
});

test("what a closed record of works is asked to write down is not, and nobody is told that it was", async () => {
  const { open, rows } = opener();
  const works = open();
  works.close();
  let told = false;
  void works.begin(testWork({ id: "w" }), beginning).finally(() => {
    told = true;
  });
  await open().begin(testWork({ id: "other" }), beginning);
  expect([told, rows()]).toEqual([false, 1]);
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

test("the record stays bounded, and keeps the last works that ended and all that have not", async () => {
  const { open, rows } = opener();
  const works = open();
  const running = await works.begin(testWork({ id: "running" }), beginning);
  for (let i = 0; i < 1000; i += 1) {
    const log = await works.begin(testWork({ id: `w${i}` }), beginning);
    await log.addMember(member);
    await log.end();
    if (i === 500) await running.add({ whole: true });
  }
  const next = open();
  await next.begin(testWork({ id: "last" }), beginning);
  expect(rows()).toBeGreaterThanOrEqual(2 * 256 + 2);
  expect(rows()).toBeLessThan(2 * (256 + 64) + 2);
  expect(next.resume(testWork({ id: "running", resumed: true }))?.facts.whole).toBe(true);
  expect(next.resume(testWork({ id: "w999", resumed: true }))?.facts.ended).toBe(true);
  expect(next.resume(testWork({ id: "w0", resumed: true }))).toBeUndefined();
});

test("a work that is forgotten is gone with its members, and no other is", async () => {
  const { open, rows } = opener();
  const works = open();
  for (const id of ["w", "v", "w "]) await (await works.begin(testWork({ id }), beginning)).addMember(member);
  const next = open();
  for (const { id, forget } of next.unresumed(new Set())) if (id === "w") await forget();
  expect(rows()).toBe(4);
  expect(
    open()
      .unresumed(new Set())
      .map(({ id }) => id),
  ).toEqual(["v", "w "]);
});

test("of very many members that failed the first are written down, and all that others changed", async () => {
  const { open } = opener();
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

test("a light work that is recorded later writes nothing, unless it is asked for, and then all that is known", async () => {
  const { open, rows } = opener();
  const works = open();
  let record = async (): Promise<void> => {};
  const beforeRecord = (asked: () => Promise<void>): boolean => {
    record = asked;
    return true;
  };
  const unasked = await works.begin(testWork({ id: "u", beforeRecord }), beginning, { light: true });
  expect(works.concerns("/a" as ResourcePath)).toBe(true);
  await unasked.add({ staged: "8:9:10", whole: true });
  expect(unasked.facts).toMatchObject({ staged: "8:9:10", light: true });
  await unasked.end();
  expect(works.concerns("/a" as ResourcePath)).toBe(false);
  expect(rows()).toBe(0);
  const asked = await works.begin(testWork({ id: "w", beforeRecord }), beginning, { light: true });
  await asked.add({ staged: "8:9:10" });
  await Promise.all([record(), record()]);
  await asked.addMember(member);
  await asked.add({ whole: true });
  const facts = open().resume(testWork({ id: "w", resumed: true }))?.facts;
  expect(facts).toMatchObject({ ...beginning, staged: "8:9:10", whole: true, failed: [member] });
});

test("a light work that is recorded later is written down with what the next start has to know, and after its end", async () => {
  const { open, rows } = opener();
  const works = open();
  let record = async (): Promise<void> => {};
  const beforeRecord = (asked: () => Promise<void>): boolean => {
    record = asked;
    return true;
  };
  const log = await works.begin(testWork({ id: "w", beforeRecord }), beginning, { light: true });
  await log.addSynced({ placeholder: "unknown" });
  expect(open().resume(testWork({ id: "w", resumed: true }))?.facts).toMatchObject({
    placeholder: "unknown",
  });
  await log.end();
  const ended = await works.begin(testWork({ id: "x", beforeRecord }), beginning, { light: true });
  await ended.end();
  await record();
  expect(rows()).toBe(2);
  expect(open().resume(testWork({ id: "x", resumed: true }))?.facts).toMatchObject({ ended: true });
});

test("where a work could not be recorded when it was asked for, it is tried again", async () => {
  let full = true;
  const { open, rows } = opener(() => {
    if (full) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
  });
  let record = async (): Promise<void> => {};
  const beforeRecord = (asked: () => Promise<void>): boolean => {
    record = asked;
    return true;
  };
  await open().begin(testWork({ id: "w", beforeRecord }), beginning, { light: true });
  await expect(record()).rejects.toMatchObject({ code: "no-space" });
  full = false;
  await record();
  expect(rows()).toBe(1);
});
