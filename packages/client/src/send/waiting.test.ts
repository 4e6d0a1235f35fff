import { expect, test } from "vitest";
import type { Patience } from "./send.ts";
import type { Timers } from "./waiting.ts";
import { startWaiting, type Waiting } from "./waiting.ts";

/** A clock that is moved by hand. */
class Clock implements Timers {
  time = 0;
  readonly #due = new Set<{ readonly at: number; readonly call: () => void }>();

  now(): number {
    return this.time;
  }

  after(milliseconds: number, call: () => void): () => void {
    const timer = { at: this.time + milliseconds, call };
    this.#due.add(timer);
    return () => this.#due.delete(timer);
  }

  get timers(): number {
    return this.#due.size;
  }

  pass(milliseconds: number): void {
    const until = this.time + milliseconds;
    for (;;) {
      const next = [...this.#due].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.time = next.at;
      this.#due.delete(next);
      next.call();
    }
    this.time = until;
  }
}

function start(patience: Patience): { clock: Clock; waiting: Waiting } {
  const clock = new Clock();
  return { clock, waiting: startWaiting(patience, { mayHaveArrived: true, interims: 2 }, clock) };
}

test("nothing is limited by default", () => {
  for (const patience of [{}, { idleTimeoutMs: 0, timeoutMs: 0 }]) {
    const { clock, waiting } = start(patience);
    expect(clock.timers).toBe(0);
    expect(waiting.signal.aborted).toBe(false);
  }
});

test("the idle time starts anew at each move", () => {
  const { clock, waiting } = start({ idleTimeoutMs: 100 });
  for (let turn = 0; turn < 10; turn += 1) {
    clock.pass(99);
    waiting.moved();
  }
  expect(waiting.signal.aborted).toBe(false);
  clock.pass(99);
  expect(waiting.signal.aborted).toBe(false);
  clock.pass(1);
  expect(waiting.signal.reason).toMatchObject({ code: "idle", mayHaveArrived: true, interims: 2 });
  expect(clock.timers).toBe(0);
});

test("it stands still while the caller holds up, and starts anew after that", () => {
  const { clock, waiting } = start({ idleTimeoutMs: 100 });
  clock.pass(50);
  waiting.hold();
  clock.pass(10_000);
  expect(waiting.signal.aborted).toBe(false);
  waiting.moved();
  clock.pass(99);
  expect(waiting.signal.aborted).toBe(false);
  clock.pass(100);
  expect(waiting.signal.reason).toMatchObject({ code: "idle" });
});

test("the whole time does not start anew, and does not stand still", () => {
  const { clock, waiting } = start({ timeoutMs: 1000, idleTimeoutMs: 600 });
  clock.pass(500);
  waiting.moved();
  waiting.hold();
  clock.pass(499);
  expect(waiting.signal.aborted).toBe(false);
  clock.pass(1);
  expect(waiting.signal.reason).toMatchObject({ code: "timeout" });
  expect(clock.timers).toBe(0);
});

test("times longer than Node's timers can count are kept", () => {
  const { clock, waiting } = start({ timeoutMs: 2 ** 40 });
  clock.pass(2 ** 40 - 1);
  expect(waiting.signal.aborted).toBe(false);
  clock.pass(1);
  expect(waiting.signal.aborted).toBe(true);
});

test("the end frees timers and the signal's listener", () => {
  const abort = new AbortController();
  const { clock, waiting } = start({ timeoutMs: 10, idleTimeoutMs: 10, signal: abort.signal });
  waiting.end();
  clock.pass(100);
  abort.abort();
  expect(waiting.signal.aborted).toBe(false);
  expect(clock.timers).toBe(0);
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("%s is no time", (timeoutMs) => {
  expect(() => start({ timeoutMs })).toThrow(expect.objectContaining({ code: "ERR_PATIENCE" }));
  expect(() => start({ idleTimeoutMs: timeoutMs })).toThrow(
    expect.objectContaining({ code: "ERR_PATIENCE" }),
  );
});
