import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConnectionError, type ConnectionErrorCode } from "../error/connection-error.ts";
import { testTime } from "../testing/scripted-server.ts";
import { policies, type Repeated } from "./policies.ts";
import { judge, type Moment, Repeating } from "./repeating.ts";
import { type Setback, setbackOf } from "./setback.ts";

const failure = (code: ConnectionErrorCode, askedMs = 0): Setback =>
  setbackOf(new ConnectionError(code, code, { mayHaveArrived: true }), askedMs);
const answer = (askedMs = 0): Setback => ({ kind: "answer", cause: "later", askedMs });
const moment: Moment = { nowMs: 0, random: 0.5, wasThere: true, endsAtMs: Number.POSITIVE_INFINITY };
const tries = (inARow: number, inAll = inARow) => ({ inARow, inAll, sinceMs: 0 });
const again = (afterMs: number) => ({ kind: "again", afterMs });

describe("judge", () => {
  test.each([
    [1, 0.5, 250],
    [2, 0.5, 500],
    [5, 0.5, 4_000],
    [7, 0.5, 15_000],
    [51, 0.5, 15_000],
    [5_001, 0.999, 29_970],
    [1, 0, 0],
  ])("after setback %d in a row, at %d, comes back in %d ms", (inARow, random, ms) => {
    const verdict = judge(policies.operation, tries(inARow), failure("lost"), { ...moment, random });
    expect(verdict).toEqual(again(ms));
  });

  test("a pause is never longer than half a minute, and grows with the setbacks", () => {
    const pauseOf = (inARow: number, random: number): number => {
      const verdict = judge(policies.operation, tries(inARow), failure("lost"), { ...moment, random });
      return verdict.kind === "again" ? verdict.afterMs : Number.NaN;
    };
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), chance, (inARow, random) => {
        expect(pauseOf(inARow, random)).toBeGreaterThanOrEqual(0);
        expect(pauseOf(inARow, random)).toBeLessThanOrEqual(30_000);
        expect(pauseOf(inARow + 1, random)).toBeGreaterThanOrEqual(pauseOf(inARow, random));
      }),
    );
  });

  test.each<[Repeated, Setback, object]>([
    ["reading", failure("lost"), again(375)],
    ["reading", failure("refused"), again(375)],
    ["reading", failure("malformed"), { kind: "final" }],
    ["reading", failure("idle"), { kind: "final" }],
    ["operation", failure("idle"), again(250)],
    ["operation", failure("malformed"), again(250)],
    ["operation", failure("tls"), { kind: "final" }],
    ["operation", failure("timeout"), { kind: "final" }],
    ["connection", failure("lost"), again(0)],
    ["connection", failure("refused"), { kind: "final" }],
    ["operation", setbackOf(new TypeError("no")), { kind: "final" }],
    ["operation", failure("lost", 2_000), again(2_250)],
    ["operation", answer(400), again(500)],
    ["reading", answer(10_000), again(10_375)],
    ["reading", answer(10_001), { kind: "enough" }],
    ["operation", answer(5 * 60_000), again(5 * 60_000 + 250)],
  ])("%s, after %j: %j", (repeated, setback, verdict) => {
    expect(judge(policies[repeated], tries(1), setback, moment)).toEqual(verdict);
  });

  test.each<[Repeated, number]>([
    ["connection", 3],
    ["reading", 5],
    ["content", 5],
    ["stopping", 8],
    ["request", 20],
    ["upload", 20],
  ])("%s is repeated %d times, and no more", (repeated, most) => {
    expect(judge(policies[repeated], tries(most), failure("lost"), moment).kind).toBe("again");
    expect(judge(policies[repeated], tries(most + 1), failure("lost"), moment)).toEqual({ kind: "enough" });
  });

  test("of a server that has never answered, only what is lost is tried again, three times", () => {
    const stranger = { ...moment, wasThere: false };
    expect(judge(policies.reading, tries(3), failure("lost"), stranger).kind).toBe("again");
    expect(judge(policies.reading, tries(4), failure("lost"), stranger).kind).toBe("enough");
    expect(judge(policies.operation, tries(1), failure("refused"), stranger).kind).toBe("final");
  });

  test("it is enough where the pause would end after the time without news, or the patience", () => {
    const at = (nowMs: number) => judge(policies.operation, tries(1), failure("lost"), { ...moment, nowMs });
    expect(at(15 * 60_000 - 250)).toEqual(again(250));
    expect(at(15 * 60_000 - 249)).toEqual({ kind: "enough" });
    const until = (endsAtMs: number) =>
      judge(policies.reading, tries(1), failure("lost"), { ...moment, endsAtMs });
    expect(until(376)).toEqual(again(375));
    expect(until(375)).toEqual({ kind: "enough" });
  });
});

describe("Repeating", () => {
  test("counts anew after news, but not what is counted in all", async () => {
    const time = testTime();
    const repeating = new Repeating({ ...policies.reading, inARow: 2, inAll: 3 }, { surroundings: time });
    await repeating.after(failure("lost"));
    await repeating.after(failure("lost"));
    repeating.news();
    await repeating.after(failure("lost"));
    expect(time.slept).toEqual([375, 750, 375]);
    repeating.news();
    await expect(repeating.after(failure("lost"))).rejects.toMatchObject({ code: "lost" });
  });

  test("measures the time without news from the first setback after them", async () => {
    const time = testTime();
    const repeating = new Repeating({ ...policies.operation, withinMs: 1_000 }, { surroundings: time });
    await time.sleep(5_000);
    expect(repeating.judge(failure("lost")).kind).toBe("again");
    await time.sleep(900);
    expect(repeating.judge(failure("lost"))).toEqual({ kind: "enough" });
    repeating.news();
    expect(repeating.judge(failure("lost")).kind).toBe("again");
  });

  test("tells what is left of the patience, and throws the cause where the caller has left", async () => {
    const time = testTime();
    const leaving = new AbortController();
    const patience = { timeoutMs: 1_000, signal: leaving.signal };
    const repeating = new Repeating(policies.reading, { surroundings: time, patience });
    await time.sleep(400);
    expect(repeating.patience.timeoutMs).toBe(600);
    leaving.abort();
    const lost = failure("lost");
    await expect(repeating.after(lost)).rejects.toBe(lost.cause);
  });
});
