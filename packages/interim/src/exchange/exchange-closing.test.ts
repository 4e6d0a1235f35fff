import { expect, test } from "vitest";
import { Closing } from "./exchange-closing.ts";

class Ending extends Closing {
  get hasEnded(): boolean {
    return this.isClosed;
  }

  end(delivered: boolean): void {
    this.close(delivered);
  }
}

test.each([
  ["delivered", true, false],
  ["with its client gone", false, true],
])("an exchange that ended %s says so, whenever it is asked", (_how, delivered, undelivered) => {
  const closing = new Ending();
  const told: string[] = [];
  closing.whenUndelivered(() => told.push("before"));
  expect([closing.hasEnded, closing.undelivered]).toEqual([false, false]);
  closing.end(delivered);
  closing.end(!delivered);
  closing.whenUndelivered(() => told.push("after"));
  expect([closing.hasEnded, closing.undelivered, closing.closed.aborted]).toEqual([
    true,
    undelivered,
    undelivered,
  ]);
  expect(told).toEqual(undelivered ? ["before", "after"] : []);
});

test("a signal that was asked for before is aborted with the exchange", () => {
  const closing = new Ending();
  const { closed } = closing;
  expect(closed.aborted).toBe(false);
  closing.end(false);
  expect(closed.aborted).toBe(true);
});
