import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openEnvironment } from "../tables/environment.ts";
import type { Batch } from "../tables/layer.ts";
import { ChangeLog } from "./change-log.ts";
import { Changes, type ChangesOptions } from "./changes.ts";

/** A state of which each commit waits for its turn in `turns`, and fails with the error that it finds there. */
function makeState(options: Partial<ChangesOptions> = {}, place = makePlace()) {
  const environment = openEnvironment(join(place, "state.mdb"));
  onTestFinished(() => environment.close());
  const commits: Batch[] = [];
  const turns: (Promise<void> | Error)[] = [];
  const writer = {
    commit: async (batch: Batch) => {
      const turn = turns.shift();
      if (turn instanceof Error) throw turn;
      await turn;
      environment.write(batch);
      commits.push(batch);
    },
    close: async () => {},
  };
  const { log, missed } = ChangeLog.open({
    file: join(place, "log"),
    database: "this",
    written: Number(environment.table("changes", "json").get("written") ?? 0),
  });
  const timers: (() => void)[] = [];
  const after = (_ms: number, callback: () => void) => {
    timers.push(callback);
    return () => void timers.splice(timers.indexOf(callback), 1);
  };
  const changes = new Changes({ environment, writer, log, after, ...options }, missed);
  const part = changes.part();
  return {
    changes,
    part,
    numbers: part.table<string, number>("numbers", "json"),
    commits,
    turns,
    timers,
    place,
  };
}

function makePlace(): string {
  const place = mkdtempSync(join(tmpdir(), "meanwhile-changes-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  return place;
}

const full = Object.assign(new Error("No space left on device"), { code: 28 });
const notDurable = { durable: false } as const;

/** A promise, and what settles it. */
function turn(): { readonly promise: Promise<void>; take(): void } {
  let take = (): void => {};
  const promise = new Promise<void>((resolve) => {
    take = resolve;
  });
  return { promise, take: () => take() };
}

test("each change reads what the ones before it wrote, however many are under way", async () => {
  const { part, numbers, commits } = makeState();
  const add = (_: unknown, index: number) =>
    part.change(
      () => {
        const next = (numbers.get("sum") ?? 0) + 1;
        numbers.put("sum", next);
        return next;
      },
      index % 3 === 0 ? notDurable : {},
    );
  const results = await Promise.all(Array.from({ length: 2500 }, add));
  expect(results).toEqual(Array.from({ length: 2500 }, (_, index) => index + 1));
  expect(numbers.get("sum")).toBe(2500);
  expect(commits.length).toBe(3);
});

test("a change that throws fails alone, and has put nothing", async () => {
  const { part, numbers } = makeState();
  const before = part.change(() => numbers.put("before", 1));
  const failing = part.change(() => {
    numbers.put("failing", 1);
    throw new RangeError("too much");
  });
  const after = part.change(() => numbers.put("after", 1));
  await expect(failing).rejects.toThrow(RangeError);
  await Promise.all([before, after]);
  expect([..."before failing after".split(" ")].map((key) => numbers.get(key))).toEqual([1, undefined, 1]);
});

test("what is with the writer is not read before it is committed, and what comes meanwhile is the next batch", async () => {
  const { part, numbers, turns, commits } = makeState();
  const first = turn();
  turns.push(first.promise);
  const one = part.change(() => numbers.put("a", 1));
  await Promise.resolve();
  await Promise.resolve();
  const two = part.change(() => numbers.put("b", (numbers.get("a") ?? 0) + 1));
  expect(numbers.get("a")).toBeUndefined();
  first.take();
  await one;
  expect(numbers.get("a")).toBe(1);
  await two;
  expect(numbers.get("b")).toBe(2);
  expect(commits.length).toBe(2);
});

test("a batch that fails rejects its changes, and theirs alone: those behind it see what is really there", async () => {
  const { part, numbers, turns } = makeState();
  turns.push(new Error("EIO"));
  const failing = [1, 2].map((value) => part.change(() => numbers.put("a", value)));
  const settled = Promise.allSettled(failing);
  await Promise.resolve();
  await Promise.resolve();
  const next = part.change(() => numbers.put("seen", numbers.get("a") ?? 0));
  for (const one of await settled) {
    expect(one).toMatchObject({ status: "rejected", reason: { name: "StateError", code: "unavailable" } });
  }
  await next;
  expect(numbers.get("seen")).toBe(0);
});

test("what need not survive a loss of power waits for no commit, is read at once, and goes with the next one", async () => {
  const { part, numbers, commits, timers, changes } = makeState();
  await part.change(() => numbers.put("a", 1), notDurable);
  expect([numbers.get("a"), commits.length]).toEqual([1, 0]);
  await part.change(() => numbers.remove("a"), notDurable);
  await part.change(() => numbers.put("b", 2), notDurable);
  expect([...numbers.range()]).toEqual([{ key: "b", value: 2 }]);
  expect(timers.length).toBe(1);
  timers[0]?.();
  await changes.settled();
  expect(commits.length).toBe(1);
  expect([...numbers.range()]).toEqual([{ key: "b", value: 2 }]);
});

test("it is there for the next process, in its order with what was committed", async () => {
  const { part, numbers, place } = makeState();
  await part.change(() => numbers.put("a", 1), notDurable);
  await part.change(() => numbers.put("b", 1));
  await part.change(() => numbers.put("a", 2));
  await part.change(() => numbers.put("b", 2), notDurable);
  // Nothing is closed: the process has ended.
  const next = makeState({}, place);
  expect([..."ab"].map((key) => next.numbers.get(key))).toEqual([2, 2]);
  await next.changes.close();
  const last = makeState({}, place);
  expect([..."ab"].map((key) => last.numbers.get(key))).toEqual([2, 2]);
  expect(last.timers).toEqual([]);
});

test("it waits for the changes of its part that are not made yet, and for no others", async () => {
  const { part, numbers, turns, changes } = makeState();
  const other = changes.part();
  const others = other.table<string, number>("others", "json");
  const first = turn();
  turns.push(first.promise);
  const durable = part.change(() => numbers.put("a", 1));
  const order: string[] = [];
  const same = part
    .change(() => numbers.put("a", (numbers.get("a") ?? 0) + 1), notDurable)
    .then(() => order.push("same"));
  await other.change(() => others.put("a", 1), notDurable).then(() => order.push("other"));
  first.take();
  await Promise.all([durable, same]);
  expect(order).toEqual(["other", "same"]);
  expect(numbers.get("a")).toBe(2);
});

test("what the log has stays where a batch fails, and goes with the next", async () => {
  const { part, numbers, turns, commits, changes } = makeState();
  await part.change(() => numbers.put("a", 1), notDurable);
  turns.push(full);
  await expect(part.change(() => numbers.put("b", 1))).rejects.toMatchObject({ code: "no-space" });
  expect([..."ab"].map((key) => numbers.get(key))).toEqual([1, undefined]);
  await changes.settled();
  expect(commits.length).toBe(1);
  expect(numbers.get("a")).toBe(1);
});

test("on a full disk, changes that free room are tried again with what is held in reserve, and alone", async () => {
  const held = { free: () => true, fill: () => {} };
  const { part, numbers, turns } = makeState({ reserve: held });
  turns.push(full);
  const [put, removal] = await Promise.allSettled([
    part.change(() => numbers.put("a", 1)),
    part.change(() => numbers.put("removed", numbers.get("a") ?? 0), { freesRoom: true }),
  ]);
  expect(put).toMatchObject({ status: "rejected", reason: { code: "no-space" } });
  expect(removal.status).toBe("fulfilled");
  expect(numbers.get("removed")).toBe(0);
});

test.each([
  ["nothing is held in reserve", [full], false, "no-space"],
  ["the second try fails too", [full, full], true, "no-space"],
  ["the disk is not full", [new Error("EIO")], true, "unavailable"],
] as const)("a change that frees room fails where %s", async (_name, failures, makesRoom, code) => {
  const { part, numbers, turns } = makeState({ reserve: { free: () => makesRoom, fill: () => {} } });
  turns.push(...failures);
  await expect(part.change(() => numbers.put("a", 1), { freesRoom: true })).rejects.toMatchObject({ code });
  expect(numbers.get("a")).toBeUndefined();
});

test("durable changes wait for what they tell of to be synced, and are not made where that fails", async () => {
  const synced = [async () => undefined, async () => Promise.reject(new Error("EIO")), async () => undefined];
  const { changes } = makeState();
  const part = changes.part({ before: () => synced.shift()?.() });
  const numbers = part.table<string, number>("told", "json");
  await part.change(() => numbers.put("a", 1));
  await expect(part.change(() => numbers.put("b", 2))).rejects.toMatchObject({ code: "unavailable" });
  await part.change(() => numbers.put("c", 3), notDurable);
  await part.change(() => numbers.put("d", 4));
  expect([..."abcd"].map((key) => numbers.get(key))).toEqual([1, undefined, 3, 4]);
});

test("a part says in its own words what failed", async () => {
  const { changes, turns } = makeState();
  turns.push(full);
  const part = changes.part({ failure: (cause) => new TypeError("mine", { cause }) });
  const numbers = part.table<string, number>("mine", "json");
  await expect(part.change(() => numbers.put("a", 1))).rejects.toMatchObject({
    name: "TypeError",
    cause: { code: "no-space" },
  });
});

test("a table is changed by changes of its part alone, and by short keys", async () => {
  const { part, numbers, changes } = makeState();
  expect(() => numbers.put("a", 1)).toThrow(TypeError);
  await expect(changes.part().change(() => numbers.put("a", 1))).rejects.toThrow(TypeError);
  await expect(part.change(() => numbers.put("x".repeat(2000), 1))).rejects.toThrow(RangeError);
});

test("what is asked for within a change is made after it", async () => {
  const { part, numbers } = makeState();
  let later: Promise<void> | undefined;
  await part.change(() => {
    later = part.change(() => numbers.put("later", 1), notDurable);
  });
  await later;
  expect(numbers.get("later")).toBe(1);
});

test("closing waits for what is under way, and refuses what comes later", async () => {
  const { part, numbers, changes, commits } = makeState();
  const waiting = part.change(() => numbers.put("a", 1));
  await part.change(() => numbers.put("b", 1), notDurable).catch(() => {});
  await changes.close();
  await waiting;
  await expect(part.change(() => numbers.put("c", 1))).rejects.toMatchObject({ code: "unavailable" });
  expect(commits.length).toBeGreaterThan(0);
  expect([..."abc"].map((key) => numbers.get(key))).toEqual([1, 1, undefined]);
});
