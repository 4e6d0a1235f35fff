import { describe, expect, test } from "vitest";
import { ConnectionError } from "../error/connection-error.ts";
import type { Timers } from "../send/waiting.ts";
import { type Fetch, fetchSend } from "./fetch-send.ts";

const url = new URL("https://files.example/dav/a");

/** What a fetch was given, and a send on it. */
function sending(answer: Fetch, timers?: Timers) {
  const seen: Request[] = [];
  const fetch: Fetch = (request) => {
    seen.push(request);
    return answer(request);
  };
  return { seen, send: fetchSend({ fetch, ...(timers === undefined ? {} : { timers }) }) };
}

/** Time goes on when the test says so. */
function testTimers(): Timers & { pass(milliseconds: number): void } {
  let now = 0;
  const waiting = new Set<{ readonly at: number; readonly call: () => void }>();
  return {
    now: () => now,
    after(milliseconds, call) {
      const timer = { at: now + milliseconds, call };
      waiting.add(timer);
      return () => waiting.delete(timer);
    },
    pass(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        const next = [...waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        waiting.delete(next);
        now = next.at;
        next.call();
      }
      now = end;
    },
  };
}

const never: Fetch = () => new Promise(() => undefined);
const codeOf = (error: unknown): unknown => (error instanceof ConnectionError ? error.code : error);

test("a request is sent as it is asked for, past all caches, and its response is passed on", async () => {
  const { seen, send } = sending(async () => new Response("text", { status: 203, headers: { ETag: '"1"' } }));
  const sent: number[] = [];
  const response = await send(url, {
    method: "PROPFIND",
    headers: { Depth: "1" },
    content: "caf\u00e9",
    onSent: (bytes) => sent.push(bytes),
  });
  expect([response.status, response.headers.get("etag"), await response.text(), response.url]).toEqual([
    203,
    '"1"',
    "text",
    url.href,
  ]);
  const [request] = seen;
  expect(request?.method).toBe("PROPFIND");
  // Nothing that was not asked for: another origin would have to allow it.
  expect([...(request?.headers ?? [])]).toEqual([["depth", "1"]]);
  expect(await request?.text()).toBe("caf\u00e9");
  expect(request).toMatchObject({ cache: "no-store", credentials: "same-origin", redirect: "manual" });
  expect(sent).toEqual([0, 5]);
});

test("of content that the browser has unpacked the length is not told, for it is another", async () => {
  const packed = { "Content-Encoding": "gzip", "Content-Length": "3" };
  const { send } = sending(async () => new Response("text", { headers: packed }));
  expect(Object.fromEntries((await send(url)).headers)).toMatchObject({ "content-encoding": "gzip" });
  expect((await send(url)).headers.has("content-length")).toBe(false);
});

test.each([204, 205, 304])("a %i has no content (RFC 9110 §6.4.1)", async (status) => {
  const { send } = sending(async () => new Response(null, { status }));
  const response = await send(url);
  expect([response.status, response.body]).toEqual([status, null]);
});

test("what fetch fails by is a lost connection, and may have arrived", async () => {
  const { send } = sending(() => Promise.reject(new TypeError("Failed to fetch")));
  const error = await send(url, { method: "DELETE" }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error).toMatchObject({
    code: "lost",
    mayHaveArrived: true,
    message: "no complete response from files.example: Failed to fetch",
  });
});

test("content that breaks off is a lost connection, too", async () => {
  let pulls = 0;
  const content = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulls += 1;
      if (pulls === 1) controller.enqueue(new TextEncoder().encode("a"));
      else controller.error(new TypeError("network error"));
    },
  });
  const { send } = sending(async () => new Response(content));
  const reader = (await send(url)).body?.getReader();
  expect((await reader?.read())?.value).toEqual(new TextEncoder().encode("a"));
  await expect(reader?.read()).rejects.toMatchObject({ name: "ConnectionError", code: "lost" });
});

test.each(["TRACE", "CONNECT", "A B"])("the method %j is refused, and nothing is sent", async (method) => {
  const { seen, send } = sending(never);
  await expect(send(url, { method })).rejects.toMatchObject({ name: "TypeError", code: "ERR_REQUEST" });
  expect(seen).toEqual([]);
});

describe("a redirection that browsers hide", () => {
  const hidden: Fetch = async () => {
    const response = new Response(null);
    for (const [name, value] of [
      ["type", "opaqueredirect"],
      ["status", 0],
    ] as const)
      Object.defineProperty(response, name, { value });
    return response;
  };

  test.each([
    ["PROPFIND", "https://files.example/dav/a", "https://files.example/dav/a/"],
    ["PROPFIND", "https://files.example/dav/a/", null],
    ["PUT", "https://files.example/dav/a", null],
  ])("of %s %s is a 307 to %j", async (method, place, location) => {
    const { send } = sending(hidden);
    const response = await send(new URL(place), { method });
    expect([response.status, response.headers.get("location")]).toEqual([307, location]);
  });
});

describe("patience", () => {
  test("idleTimeoutMs: no response for so long", async () => {
    const timers = testTimers();
    const { seen, send } = sending(never, timers);
    const answer = send(url, { idleTimeoutMs: 100 }).catch(codeOf);
    await settled();
    timers.pass(100);
    expect(await answer).toBe("idle");
    expect(seen[0]?.signal.aborted).toBe(true);
  });

  test("idleTimeoutMs stands still while nobody can see how far the content is, and while nobody reads", async () => {
    const timers = testTimers();
    let answer: (response: Response) => void = () => undefined;
    const { send } = sending(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
      timers,
    );
    const sent = send(url, { method: "PUT", content: new Uint8Array(65_537), idleTimeoutMs: 100 });
    await settled();
    timers.pass(10_000);
    answer(
      new Response(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) })),
    );
    const reader = (await sent).body?.getReader();
    timers.pass(10_000);
    expect((await reader?.read())?.value).toHaveLength(1);
    const next = reader?.read().catch(codeOf);
    await settled();
    timers.pass(100);
    expect(await next).toBe("idle");
  });

  test("timeoutMs: all of it, the content too", async () => {
    const timers = testTimers();
    const { send } = sending(async () => new Response(new ReadableStream()), timers);
    const response = await send(url, { timeoutMs: 100 });
    const text = response.text().catch(codeOf);
    timers.pass(100);
    expect(await text).toBe("timeout");
  });

  test("a signal ends it, before and after the response", async () => {
    const reason = new Error("enough");
    const { seen, send } = sending(async () => new Response(new ReadableStream()));
    await expect(send(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(seen).toEqual([]);
    const leaving = new AbortController();
    const response = await send(url, { signal: leaving.signal });
    leaving.abort(reason);
    await expect(response.text()).rejects.toBe(reason);
  });
});

test("leaving the content ends the exchange", async () => {
  let left = false;
  const content = new ReadableStream<Uint8Array>({
    cancel: () => {
      left = true;
    },
  });
  const { send } = sending(async () => new Response(content));
  await (await send(url)).body?.cancel();
  expect(left).toBe(true);
});

/** What is waiting to happen has happened. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
