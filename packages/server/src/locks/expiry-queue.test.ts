import fc from "fast-check";
import { expect, test } from "vitest";
import { ExpiryQueue } from "./expiry-queue.ts";

test("an item has expired at its moment, not before", () => {
  const queue = new ExpiryQueue<string>();
  expect(queue.expired(Number.POSITIVE_INFINITY)).toBeUndefined();
  queue.set("a", 10);
  expect(queue.expired(9)).toBeUndefined();
  expect(queue.expired(10)).toBe("a");
});

test("the earliest comes first, whatever was put in, re-timed and taken out", () => {
  const step = fc.record({
    item: fc.nat(15),
    expiresAtMs: fc.option(fc.nat(30), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new ExpiryQueue<number>();
      const model = new Map<number, number>();
      for (const { item, expiresAtMs } of steps) {
        if (expiresAtMs === undefined) {
          queue.delete(item);
          model.delete(item);
        } else {
          queue.set(item, expiresAtMs);
          model.set(item, expiresAtMs);
        }
        const earliest = Math.min(...model.values());
        const first = queue.expired(Number.POSITIVE_INFINITY);
        expect(first === undefined ? Number.POSITIVE_INFINITY : model.get(first)).toBe(earliest);
        expect(queue.size).toBe(model.size);
      }
      const order: number[] = [];
      for (let item = queue.expired(30); item !== undefined; item = queue.expired(30)) {
        order.push(model.get(item) ?? -1);
        queue.delete(item);
      }
      expect(order).toEqual([...model.values()].sort((a, b) => a - b));
    }),
    { numRuns: 300 },
  );
});
