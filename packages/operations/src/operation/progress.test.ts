import fc from "fast-check";
import { expect, test } from "vitest";
import {
  advance,
  advanceBytes,
  longestMember,
  longestRemark,
  noProgress,
  type OperationProgress,
} from "./progress.ts";

test("progress knows what is done, and in all once that is known", () => {
  const one = advance(noProgress, 1, undefined, undefined);
  expect(one).toEqual({ progress: { done: 1, total: undefined, remark: undefined, bytes: undefined } });
});

test("a total stays known, grows, and goes when it cannot be true any more", () => {
  const before: OperationProgress = { ...noProgress, done: 3, total: 5 };
  expect(advance(before, 4, undefined, undefined)).toMatchObject({ progress: { total: 5 } });
  expect(advance(before, 5, undefined, undefined)).toMatchObject({ progress: { total: 5 } });
  expect(advance(before, 4, 9, undefined)).toMatchObject({ progress: { total: 9 } });
  expect(advance(before, 6, undefined, undefined)).toMatchObject({ progress: { total: undefined } });
});

const garbage: readonly [name: string, done: number, total: number | undefined, remark: unknown][] = [
  ["backwards", 2, undefined, undefined],
  ["negative", -1, undefined, undefined],
  ["a fraction", 3.5, undefined, undefined],
  ["NaN", Number.NaN, undefined, undefined],
  ["no end", Number.POSITIVE_INFINITY, undefined, undefined],
  ["a total below what is done", 4, 3, undefined],
  ["a total that is none", 4, Number.NaN, undefined],
  ["a remark that is none", 4, 5, { toString: () => "x" }],
];
test.each(garbage)("%s is refused, with the reason", (_name, done, total, remark) => {
  const before: OperationProgress = { ...noProgress, done: 3, total: 5 };
  expect(advance(before, done, total, remark as string)).toEqual({ refused: expect.any(String) });
});

test("a remark stays until there is another, and is cut where it is too long", () => {
  const before: OperationProgress = { ...noProgress, remark: "first" };
  expect(advance(before, 1, undefined, undefined)).toMatchObject({ progress: { remark: "first" } });
  const long = advance(before, 1, undefined, "x".repeat(longestRemark + 1));
  expect(long).toMatchObject({ progress: { remark: "x".repeat(longestRemark) } });
});

test("a member stays until there is another; bytes are of the one that they name, or of one without a name", () => {
  const step = (told: ReturnType<typeof advance>): OperationProgress => {
    if ("refused" in told) throw new Error(told.refused);
    return told.progress;
  };
  const first = step(advance(noProgress, 1, 9, undefined, "a/b.txt"));
  expect(step(advance(first, 1, 10, undefined)).member).toBe("a/b.txt");
  expect(step(advance(first, 2, 10, undefined, "c")).member).toBe("c");
  expect(step(advanceBytes(first, 1, 2, "large"))).toMatchObject({ member: "large", bytes: { done: 1 } });
  expect(step(advanceBytes(first, 1, 2))).not.toHaveProperty("member");
  expect(step(advance(first, 2, 9, undefined, ""))).not.toHaveProperty("member");
  const long = step(advance(first, 2, 9, undefined, `${"x/".repeat(longestMember)}name.txt`)).member;
  expect(long).toHaveLength(longestMember);
  expect(long).toMatch(/^….*\/name\.txt$/);
});

test("bytes are of the present member: the next one begins without", () => {
  const inside = advanceBytes({ ...noProgress, done: 1 }, 5, 10);
  expect(inside).toMatchObject({ progress: { done: 1, bytes: { done: 5, total: 10 } } });
  if ("refused" in inside) throw new Error(inside.refused);
  expect(advance(inside.progress, 1, undefined, undefined)).toMatchObject({
    progress: { bytes: { done: 5 } },
  });
  expect(advance(inside.progress, 2, undefined, undefined)).toMatchObject({ progress: { bytes: undefined } });
});

test.each([
  [11, 10],
  [-1, 10],
  [1.5, 10],
  [1, Number.NaN],
])("%d of %d bytes is refused", (done, total) => {
  expect(advanceBytes(noProgress, done, total)).toEqual({ refused: expect.any(String) });
});

test("whatever is reported, done never falls and never passes the total", () => {
  const count = fc.oneof(fc.nat(20), fc.double(), fc.integer());
  fc.assert(
    fc.property(fc.array(fc.tuple(count, fc.option(count, { nil: undefined }))), (reports) => {
      let progress = noProgress;
      for (const [done, total] of reports) {
        const step = advance(progress, done, total, undefined);
        if ("refused" in step) continue;
        expect(step.progress.done).toBeGreaterThanOrEqual(progress.done);
        expect(step.progress.total ?? step.progress.done).toBeGreaterThanOrEqual(step.progress.done);
        progress = step.progress;
      }
    }),
  );
});
