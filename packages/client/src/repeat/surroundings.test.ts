import { expect, test } from "vitest";
import { realSurroundings } from "./surroundings.ts";

test("a key is a UUID that nobody can guess (RFC 9562 §5.4)", () => {
  const keys = new Set(Array.from({ length: 100 }, () => realSurroundings.newKey()));
  expect(keys.size).toBe(100);
  for (const key of keys)
    expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("sleep ends by itself, and leaves no listener behind", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  signal.addEventListener = () => {
    listeners += 1;
  };
  signal.removeEventListener = () => {
    listeners -= 1;
  };
  const before = realSurroundings.now();
  await realSurroundings.sleep(5, signal);
  expect(realSurroundings.now()).toBeGreaterThan(before);
  expect(listeners).toBe(0);
});

test("sleep rejects with the signal's reason, at once where it is aborted already", async () => {
  const controller = new AbortController();
  const slept = realSurroundings.sleep(1e9, controller.signal);
  controller.abort("enough");
  await expect(slept).rejects.toBe("enough");
  await expect(realSurroundings.sleep(1e9, controller.signal)).rejects.toBe("enough");
});
