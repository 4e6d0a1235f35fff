import { expect, test, vi } from "vitest";
import { Comeback, fetchAgain } from "./comeback.ts";

test("pauses are longer each time, and end after two minutes", async () => {
  const pauses: number[] = [];
  const comeback = new Comeback({ pause: async (milliseconds) => void pauses.push(milliseconds) });
  while (await comeback.wait());
  expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
  const sum = pauses.reduce((before, pause) => before + pause, 0);
  expect(sum).toBeGreaterThan(60_000);
  expect(sum).toBeLessThan(180_000);
});

test("without an end they do not", async () => {
  const comeback = new Comeback({ unending: true, pause: async () => undefined });
  for (let tries = 0; tries < 100; tries += 1) expect(await comeback.wait()).toBe(true);
});

test("nobody waits on who has left", async () => {
  const stop = new AbortController();
  const comeback = new Comeback({ pause: async () => stop.abort() });
  expect(await comeback.wait(stop.signal)).toBe(false);
  expect(await new Comeback({ pause: async () => undefined }).wait(stop.signal)).toBe(false);
});

test("the pause ends when the browser is online again, and not before; a request is then sent once more", async () => {
  vi.useFakeTimers();
  let tellOnline: () => void = () => undefined;
  const network = { onLine: false };
  vi.stubGlobal("navigator", network);
  vi.stubGlobal("addEventListener", (_: string, listener: () => void) => {
    tellOnline = listener;
  });
  vi.stubGlobal("removeEventListener", () => undefined);
  try {
    let tries = 0;
    const answer = fetchAgain(async () => {
      tries += 1;
      if (!network.onLine) throw new TypeError("Failed to fetch");
      return new Response("there");
    });
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(tries).toBe(1);
    network.onLine = true;
    tellOnline();
    expect(await (await answer).text()).toBe("there");
    expect(tries).toBe(2);
  } finally {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  }
});
