import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { EndedError } from "../changes/change-failure.ts";
import type { Settings } from "../settings.ts";
import { OwnOperations } from "./own-operations.ts";
import type { StatusDocument } from "./status-document.ts";
import { TrayStore } from "./tray-store.ts";

/** The stream that the store listens to. */
let tell: (...operations: readonly StatusDocument[]) => void;

beforeEach(() => {
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubGlobal(
    "EventSource",
    class {
      addEventListener(type: string, listener: (event: { data: string }) => void): void {
        if (type === "operations")
          tell = (...operations) => listener({ data: JSON.stringify({ operations }) });
      }
      close(): void {}
    },
  );
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function listening(): TrayStore {
  const storage = { getItem: () => null, setItem: () => undefined } as unknown as Storage;
  const account = { fetch: globalThis.fetch, check: async () => undefined };
  const settings = { operations: "/.meanwhile/operations/", user: "ann" } as Settings;
  const store = new TrayStore(
    settings,
    new OwnOperations(settings.operations, storage),
    account,
    () => undefined,
  );
  store.connect();
  return store;
}

const place = new URL("http://files.example/.meanwhile/operations/one");

function operation(status?: number): StatusDocument {
  return {
    id: "one",
    href: place.href,
    state: status === undefined ? "running" : "finished",
    method: "COPY",
    target: "/a",
    started: "2026-11-29T12:00:00Z",
    progress: { done: 0 },
    failed: [],
    failures: 0,
    ...(status === undefined ? {} : { outcome: { status, href: `${place.href}/outcome` } }),
  };
}

test("the end of an operation is told to its follower, whether it succeeded or failed", async () => {
  const store = listening();
  tell(operation());
  const followed = store.follow(place);
  tell(operation(201));
  await followed;
  const failing = listening();
  const failed = failing.follow(place);
  tell(operation(507));
  await expect(failed).rejects.toBeInstanceOf(EndedError);
});

test("an operation that ended before it is followed is told at once", async () => {
  const store = listening();
  tell(operation(201));
  await store.follow(place);
});

test("an operation that was hidden elsewhere is over", async () => {
  const store = listening();
  tell(operation());
  const followed = store.follow(place);
  tell();
  await followed;
});

test("what has only begun is not shown yet; what failed is at once, and what took a while stays", async () => {
  vi.useFakeTimers();
  try {
    const store = listening();
    const drawn = vi.fn();
    tell(operation());
    store.subscribe(drawn);
    expect([store.news, store.share]).toEqual([[], undefined]);
    const ended = (ms: number, status: number): StatusDocument => ({
      ...operation(status),
      ended: new Date(Date.parse("2026-11-29T12:00:00Z") + ms).toISOString(),
    });
    tell(ended(200, 201));
    expect(store.news).toEqual([]);
    tell(ended(200, 507));
    expect(store.news).toHaveLength(1);
    tell(ended(5_000, 201));
    expect(store.news).toHaveLength(1);
    tell();
    tell({ ...operation(), progress: { done: 1, total: 2 } });
    drawn.mockClear();
    await vi.advanceTimersByTimeAsync(900);
    expect(drawn).toHaveBeenCalled();
    expect([store.news.length, store.share]).toEqual([1, 50]);
  } finally {
    vi.useRealTimers();
  }
});

const stoppable = { ...operation(), cancel: `${place.href}/cancel` };
const stopped: StatusDocument = { ...operation(409), state: "cancelled", hide: `${place.href}/hide` };

test("a stop is asked for once, shown at once, and is no failure to whoever waits", async () => {
  const fetch = vi.fn(async () => new Response(null, { status: 202 }));
  vi.stubGlobal("fetch", fetch);
  const store = listening();
  tell(stoppable);
  const followed = store.follow(place);
  const asked = [store.cancel(stoppable), store.cancel(stoppable)];
  expect(store.operations[0]?.state).toBe("cancelling");
  // It was on its way before.
  tell(stoppable);
  expect(store.operations[0]?.state).toBe("cancelling");
  await Promise.all(asked);
  await store.cancel(stoppable);
  expect(fetch).toHaveBeenCalledTimes(1);
  tell(stopped);
  await followed;
  await Promise.all([store.hide(stopped), store.hide(stopped)]);
  expect(fetch).toHaveBeenCalledTimes(2);
  expect(store.operations).toEqual([]);
});

test("a stop that was refused can be asked for again", async () => {
  const fetch = vi.fn(async () => new Response(null, { status: 503 }));
  vi.stubGlobal("fetch", fetch);
  const store = listening();
  tell(stoppable);
  await store.cancel(stoppable);
  expect(store.operations[0]?.state).toBe("running");
  await store.cancel(stoppable);
  expect(fetch).toHaveBeenCalledTimes(2);
});

test("members that failed and cannot be read are no empty list", async () => {
  vi.stubGlobal("fetch", async () => new Response(null, { status: 503 }));
  await expect(listening().failed(operation(207))).rejects.toBeInstanceOf(EndedError);
  vi.stubGlobal("fetch", async () => Response.json({ failed: [{ status: 423, uri: "/a" }] }));
  expect(await listening().failed(operation(207))).toEqual([{ status: 423, uri: "/a" }]);
});
