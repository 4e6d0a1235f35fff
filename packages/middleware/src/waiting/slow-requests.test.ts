import { expect, test } from "vitest";
import { createSlowRequests, slowMs } from "./slow-requests.ts";

function setUp() {
  let now = 0;
  const timers: (() => void)[] = [];
  const reads = createSlowRequests({ clock: () => now, setTimer: (run) => timers.push(run) });
  return {
    reads,
    timers,
    pass: (ms: number) => {
      now += ms;
      for (const run of timers.splice(0)) run();
    },
  };
}

test("a read that takes long is told once, with the time that it has taken", () => {
  const { reads, pass } = setUp();
  const told: number[] = [];
  reads.watch((elapsedMs) => told.push(elapsedMs));
  pass(slowMs - 1);
  expect(told).toEqual([]);
  pass(slowMs);
  pass(slowMs);
  expect(told).toEqual([2 * slowMs - 1]);
});

test("a read that has ended is not told, and the others are", () => {
  const { reads, pass } = setUp();
  const told: string[] = [];
  const ended = reads.watch(() => told.push("first"));
  reads.watch(() => told.push("second"));
  ended();
  pass(slowMs);
  expect(told).toEqual(["second"]);
});

test("there is one timer for all reads, and none while there are no reads", () => {
  const { reads, timers, pass } = setUp();
  const ends = Array.from({ length: 100 }, () => reads.watch(() => {}));
  expect(timers).toHaveLength(1);
  for (const end of ends) end();
  pass(slowMs);
  expect(timers).toEqual([]);
  reads.watch(() => {});
  expect(timers).toHaveLength(1);
});
