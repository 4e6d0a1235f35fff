import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Allowance } from "../profiles/profiles.ts";
import { defaultPacing, nextInterimMs, type Pacing, type PacingState } from "./pacing.ts";

const allowing = (budget: number): Allowance => ({
  budget,
  bytes: 3584,
  totalBytes: 100_000,
  profile: "test",
});
const fresh: PacingState = {
  elapsedMs: 0,
  sinceLastMs: undefined,
  sent: 0,
  asked: false,
  done: 0,
  total: undefined,
};
const unlimited = Number.POSITIVE_INFINITY;

/** The times of all interim responses in seconds, until the budget is spent or `untilS` has come. */
function timetable(
  budget: number,
  untilS: number,
  progress: (elapsedMs: number) => Partial<PacingState> = () => ({}),
): number[] {
  const times: number[] = [];
  let state = fresh;
  let lastMs: number | undefined;
  for (let elapsedMs = 0; elapsedMs <= untilS * 1000; ) {
    state = {
      ...fresh,
      elapsedMs,
      sent: times.length,
      sinceLastMs: lastMs === undefined ? undefined : elapsedMs - lastMs,
      ...progress(elapsedMs),
    };
    const dueMs = nextInterimMs(state, defaultPacing, allowing(budget));
    if (dueMs === undefined) break;
    if (dueMs === 0) {
      times.push(Math.round(elapsedMs / 1000));
      lastMs = elapsedMs;
    } else {
      elapsedMs += Math.max(1, Math.min(dueMs, 1000));
    }
  }
  return times;
}

describe("the first interim response", () => {
  test("comes after 20 s by default (RFC 2518 §10.1)", () => {
    expect(nextInterimMs(fresh, defaultPacing, allowing(5))).toBe(20_000);
    expect(nextInterimMs({ ...fresh, elapsedMs: 15_000 }, defaultPacing, allowing(5))).toBe(5_000);
    expect(nextInterimMs({ ...fresh, elapsedMs: 25_000 }, defaultPacing, allowing(5))).toBe(0);
  });

  test("comes at once when asked for", () => {
    expect(nextInterimMs({ ...fresh, asked: true }, defaultPacing, allowing(5))).toBe(0);
  });

  test("comes earlier when progress shows that it will take longer, but not within the first second", () => {
    const slow = { ...fresh, done: 1, total: 100 };
    expect(nextInterimMs({ ...slow, elapsedMs: 500 }, defaultPacing, allowing(5))).toBe(500);
    expect(nextInterimMs({ ...slow, elapsedMs: 1_000 }, defaultPacing, allowing(5))).toBe(0);
  });

  test("waits when progress shows that it will be done in time", () => {
    expect(
      nextInterimMs({ ...fresh, elapsedMs: 1_000, done: 10, total: 100 }, defaultPacing, allowing(5)),
    ).toBe(19_000);
  });

  test.each<[string, Partial<PacingState>]>([
    ["no total", { done: 1 }],
    ["nothing done", { done: 0, total: 100 }],
    ["all done", { done: 100, total: 100 }],
    ["a total below what is done", { done: 100, total: 1 }],
    ["garbage", { done: Number.NaN, total: Number.POSITIVE_INFINITY }],
  ])("takes no evidence from %s", (_, progress) => {
    expect(nextInterimMs({ ...fresh, elapsedMs: 5_000, ...progress }, defaultPacing, allowing(5))).toBe(
      15_000,
    );
  });

  test("takes evidence from the start where afterMs is shorter than a second", () => {
    const pacing: Pacing = { afterMs: 50, everyMs: 50 };
    expect(nextInterimMs({ ...fresh, elapsedMs: 20, done: 1, total: 1000 }, pacing, allowing(5))).toBe(30);
  });
});

describe("later interim responses", () => {
  test("come every 15 s where there is no end to the budget, with and without a known end", () => {
    expect(timetable(unlimited, 100)).toEqual([20, 35, 50, 65, 80, 95]);
    const state = { ...fresh, elapsedMs: 20_000, sent: 1, sinceLastMs: 0, done: 1, total: 10_000 };
    expect(nextInterimMs(state, defaultPacing, allowing(unlimited))).toBe(15_000);
  });

  test.each([
    [1, [20]],
    [5, [20, 35, 65, 125, 250]],
    [8, [20, 35, 65, 125, 245, 485, 965, 1930]],
  ])("with a budget of %d and no known end come at doubling gaps", (budget, times) => {
    expect(timetable(budget, 100_000)).toEqual(times);
  });

  test("with neon's budget of 127 last for hours, and stay 15 s apart for a quarter of an hour", () => {
    const times = timetable(127, 1_000_000);
    expect(times).toHaveLength(127);
    expect(times.slice(0, 60)).toEqual(Array.from({ length: 60 }, (_, i) => 20 + 15 * i));
    expect(times.at(-1)).toBeGreaterThan(4 * 3600);
  });

  test("are spread up to a known end", () => {
    const times = timetable(5, 1000, (elapsedMs) => ({
      done: Math.min(elapsedMs, 1_000_000),
      total: 1_000_000,
    }));
    expect(times).toEqual([1, 201, 401, 600, 901]);
  });

  test("are not spent at once by an operation that stalls at 99 %", () => {
    const times = timetable(5, 100_000, (elapsedMs) => ({
      done: Math.min(99, Math.floor(elapsedMs / 1000)),
      total: 100,
    }));
    expect(times).toHaveLength(5);
    expect(times[4]).toBeGreaterThan(100);
  });

  test("are never due again once the budget is spent", () => {
    expect(nextInterimMs({ ...fresh, sent: 5, sinceLastMs: 0 }, defaultPacing, allowing(5))).toBeUndefined();
    expect(nextInterimMs({ ...fresh, asked: true }, defaultPacing, allowing(0))).toBeUndefined();
  });
});

const anyPacing = fc.record({ afterMs: fc.nat(60_000), everyMs: fc.nat(60_000) });
const anyBudget = fc.oneof(fc.nat(200), fc.constant(unlimited));
const anyProgress = fc.record({ done: fc.nat(), total: fc.option(fc.nat(), { nil: undefined }) });

test("whatever is known: never negative, never beyond the budget, never sooner than everyMs", () => {
  fc.assert(
    fc.property(
      anyPacing,
      anyBudget,
      anyProgress,
      fc.nat(300),
      fc.nat(1e8),
      fc.nat(1e6),
      (pacing, budget, progress, sent, lastAtMs, sinceMs) => {
        const sinceLastMs = sent === 0 ? undefined : sinceMs;
        const state = { elapsedMs: lastAtMs + sinceMs, sinceLastMs, sent, asked: false, ...progress };
        const dueMs = nextInterimMs(state, pacing, allowing(budget));
        if (sent >= budget) {
          expect(dueMs).toBeUndefined();
          return;
        }
        expect(dueMs).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(dueMs)).toBe(true);
        if (sent > 0) expect((dueMs ?? 0) + sinceMs).toBeGreaterThanOrEqual(pacing.everyMs);
      },
    ),
  );
});

test("with no known end, gaps never shrink, and waiting never puts the next one off", () => {
  fc.assert(
    fc.property(anyPacing, fc.integer({ min: 2, max: 200 }), (pacing, budget) => {
      let elapsedMs = pacing.afterMs;
      let gapBefore = 0;
      for (let sent = 1; sent < budget; sent += 1) {
        const state = { elapsedMs, sinceLastMs: 0, sent, asked: false, done: 0, total: undefined };
        const gap = nextInterimMs(state, pacing, allowing(budget)) ?? Number.NaN;
        expect(gap).toBeGreaterThanOrEqual(gapBefore);
        const halfway = { ...state, elapsedMs: elapsedMs + gap / 2, sinceLastMs: gap / 2 };
        expect(nextInterimMs(halfway, pacing, allowing(budget))).toBeCloseTo(gap / 2, 3);
        elapsedMs += gap;
        gapBefore = gap;
      }
    }),
    { numRuns: 50 },
  );
});
