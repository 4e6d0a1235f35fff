import { expect, test } from "vitest";
import { createClosing } from "./exchange-closing.ts";

test.each([
  ["delivered", true, false],
  ["with its client gone", false, true],
])("an exchange that ended %s says so, whenever it is asked", (_how, delivered, undelivered) => {
  const closing = createClosing();
  const told: string[] = [];
  closing.whenClosed(() => told.push("before"));
  expect([closing.isClosed, closing.undelivered]).toEqual([false, false]);
  closing.close(delivered);
  closing.close(!delivered);
  closing.whenClosed(() => told.push("after"));
  expect([closing.isClosed, closing.undelivered, closing.signal.aborted, told]).toEqual([
    true,
    undelivered,
    undelivered,
    ["before", "after"],
  ]);
});

test("a signal that was asked for before is aborted with the exchange", () => {
  const closing = createClosing();
  const { signal } = closing;
  expect(signal.aborted).toBe(false);
  closing.close(false);
  expect(signal.aborted).toBe(true);
});
