import { expect, test } from "vitest";
import { createTimerWheel, type TimerWheel } from "./timer-wheel.ts";

/** A clock and one timer, moved by hand. */
function manualTime() {
  let now = 1_000_000;
  let pending: { run: () => void; at: number } | undefined;
  let wakes = 0;
  return {
    clock: () => now,
    setTimer: (run: () => void, ms: number) => {
      expect(pending).toBeUndefined();
      const timer = { run, at: now + ms };
      pending = timer;
      return () => {
        if (pending === timer) pending = undefined;
      };
    },
    get armed() {
      return pending !== undefined;
    },
    get wakes() {
      return wakes;
    },
    advance(ms: number): void {
      const end = now + ms;
      while (pending !== undefined && pending.at <= end) {
        now = Math.max(now, pending.at);
        const { run } = pending;
        pending = undefined;
        wakes += 1;
        run();
      }
      now = end;
    },
    /** The process stood still: the clock jumps before any timer runs. */
    suspend(ms: number): void {
      now += ms;
    },
  };
}

function open(
  due: (name: string, wheel: TimerWheel<{ name: string }>, at: number) => void = () => undefined,
) {
  const time = manualTime();
  const seen: [string, number][] = [];
  const startedAt = time.clock();
  const wheel = createTimerWheel<{ name: string }>({
    clock: time.clock,
    setTimer: time.setTimer,
    tickMs: 10,
    due: ({ name }) => {
      seen.push([name, time.clock() - startedAt]);
      due(name, wheel, time.clock());
    },
  });
  return { time, wheel, seen };
}

test("things are due in their order, never early, at most a tick late", () => {
  const { time, wheel, seen } = open();
  wheel.put({ name: "c" }, 20_000);
  wheel.put({ name: "a" }, 50);
  wheel.put({ name: "b" }, 55);
  time.advance(30_000);
  expect(seen).toEqual([
    ["a", 50],
    ["b", 60],
    ["c", 20_000],
  ]);
});

test("the timer runs only while something is in the wheel", () => {
  const { time, wheel } = open();
  expect(time.armed).toBe(false);
  const thing = { name: "a" };
  wheel.put(thing, 100);
  expect(time.armed).toBe(true);
  wheel.take(thing);
  expect(time.armed).toBe(false);
  wheel.put(thing, 100);
  time.advance(200);
  expect(time.armed).toBe(false);
  expect(wheel.size).toBe(0);
});

test("what waits long wakes the process once a second at most", () => {
  const { time, wheel, seen } = open();
  wheel.put({ name: "a" }, 60_000);
  time.advance(60_000);
  expect(seen).toEqual([["a", 60_000]]);
  expect(time.wakes).toBeLessThanOrEqual(61);
});

test("putting a thing again moves it, sooner or later", () => {
  const { time, wheel, seen } = open();
  const a = { name: "a" };
  const b = { name: "b" };
  wheel.put(a, 5_000);
  wheel.put(a, 50);
  wheel.put(b, 50);
  wheel.put(b, 5_000);
  expect(wheel.size).toBe(2);
  time.advance(100);
  expect(seen).toEqual([["a", 50]]);
  time.advance(5_000);
  expect(seen.at(-1)).toEqual(["b", 5_000]);
});

test("a thing that puts itself back at once does not hold up the turn", () => {
  const thing = { name: "again" };
  const { time, wheel, seen } = open((_, wheel) => wheel.put(thing, 0));
  wheel.put(thing, 10);
  time.advance(100);
  expect(seen.length).toBeGreaterThan(3);
  expect(seen.length).toBeLessThanOrEqual(10);
});

test("a thing that is taken by another one in the same turn is not due", () => {
  const b = { name: "b" };
  const { time, wheel, seen } = open((name, wheel) => name === "a" && wheel.take(b));
  wheel.put({ name: "a" }, 50);
  wheel.put(b, 50);
  time.advance(100);
  expect(seen).toEqual([["a", 50]]);
});

test("thousands that are due at once are worked on in turns of 500", () => {
  const { time, wheel, seen } = open();
  for (let i = 0; i < 2_000; i += 1) wheel.put({ name: String(i) }, 50);
  time.advance(50);
  expect(seen).toHaveLength(2_000);
  expect(time.wakes).toBe(4);
  expect(seen.map(([name]) => name)).toEqual(Array.from({ length: 2_000 }, (_, i) => String(i)));
});

test("after the process stood still for an hour everything that was due comes, in order", () => {
  const { time, wheel, seen } = open();
  wheel.put({ name: "b" }, 60_000);
  wheel.put({ name: "a" }, 50);
  time.suspend(3_600_000);
  time.advance(0);
  expect(seen.map(([name]) => name)).toEqual(["a", "b"]);
  expect(time.armed).toBe(false);
});
