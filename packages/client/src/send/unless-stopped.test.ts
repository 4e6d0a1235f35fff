import { expect, test } from "vitest";
import { unlessStopped } from "./waiting.ts";

const never = new AbortController().signal;

test("gives what the work gives, or why it failed", async () => {
  await expect(unlessStopped(Promise.resolve(1), never)).resolves.toBe(1);
  await expect(unlessStopped(Promise.reject(new Error("no")), never)).rejects.toThrow("no");
});

test("gives nothing once it is stopped, and does not wait", async () => {
  const stop = new AbortController();
  const work = unlessStopped(new Promise(() => undefined), stop.signal);
  stop.abort();
  await expect(work).resolves.toBeUndefined();
  await expect(unlessStopped(new Promise(() => undefined), stop.signal)).resolves.toBeUndefined();
});

test("a failure after the stop is nobody's business", async () => {
  const stop = new AbortController();
  let fail: (error: Error) => void = () => undefined;
  const failing = new Promise((_, reject) => {
    fail = reject;
  });
  const work = unlessStopped(failing, stop.signal);
  stop.abort();
  fail(new Error("too late"));
  await expect(work).resolves.toBeUndefined();
});

test("leaves nothing with the signal", async () => {
  const stop = new AbortController();
  let listeners = 0;
  const { signal } = stop;
  const counted = {
    aborted: false,
    addEventListener: (...args: Parameters<AbortSignal["addEventListener"]>) => {
      listeners += 1;
      signal.addEventListener(...args);
    },
    removeEventListener: (...args: Parameters<AbortSignal["removeEventListener"]>) => {
      listeners -= 1;
      signal.removeEventListener(...args);
    },
  } as unknown as AbortSignal;
  for (let step = 0; step < 100; step += 1) await unlessStopped(Promise.resolve(step), counted);
  expect(listeners).toBe(0);
});
