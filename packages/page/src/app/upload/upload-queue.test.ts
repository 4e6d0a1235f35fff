import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Asking, type Conflict } from "../asking/questions.ts";
import type { DavClient, Resource } from "../client.ts";
import { english } from "../words/english.ts";
import type { FileToSend, SendingNews, Sent } from "./send-file.ts";
import { UploadQueue } from "./upload-queue.ts";

/** What was sent, and when each ends is for the test to say. */
function queueWith(existing: readonly string[]) {
  /** Entity tags by path. */
  const there = new Map(existing.map((path) => [path, '"1"']));
  const sending: {
    readonly path: string;
    readonly replaceable: FileToSend["replaceable"];
    end(sent: Sent): void;
    news(news: SendingNews): void;
  }[] = [];
  const asking = new Asking();
  const arrived = vi.fn();
  const queue = new UploadQueue({
    client: Promise.resolve({ stat: async ({ pathname }: URL) => resourceAt(pathname) } as DavClient),
    asking,
    words: english,
    arrived,
    send: ({ path, replaceable }: FileToSend, onNews, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        const etag = there.get(path);
        const isExpected = typeof replaceable === "object" ? etag === replaceable.etag : etag === undefined;
        if (replaceable !== "anything" && !isExpected) return resolve({ kind: "exists" });
        onNews({ sent: 1 });
        sending.push({ path, replaceable, end: resolve, news: onNews });
        return undefined;
      }),
  });
  function resourceAt(path: string): Resource {
    const etag = there.get(path);
    if (etag === undefined) throw Object.assign(new Error("404"), { name: "HttpError", status: 404 });
    return {
      ...{ url: new URL(path, location.href), name: path.slice(path.lastIndexOf("/") + 1), etag },
      ...{ collection: false, length: 4, modified: new Date(0), properties: [] },
    } as unknown as Resource;
  }
  const add = (...names: readonly string[]): Promise<void> =>
    queue.add(
      { files: names.map((name) => ({ file: new File(["text"], name), path: [name] })), folders: [] },
      "/to/",
    );
  const states = () => queue.uploads.map(({ name, state }) => `${name} ${state}`);
  return { queue, asking, sending, arrived, add, states, there };
}

beforeEach(() => {
  // Node has none.
  vi.stubGlobal("location", { href: "http://files.example/" });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
}

function answer(asking: Asking, choice: Conflict, forAll: boolean): void {
  const { current } = asking;
  if (current?.kind !== "conflict") throw new Error("nothing is asked");
  current.answer({ choice, forAll });
}

test("three go at a time, and the next begins when one ends, well or not", async () => {
  const { sending, add, states, queue, arrived } = queueWith([]);
  await add("a", "b", "c", "d", "é #");
  expect(sending.map(({ path }) => path)).toEqual(["/to/a", "/to/b", "/to/c"]);
  expect(queue.total).toEqual({ done: 3, all: 20, open: 5 });
  sending[1]?.end({ kind: "sent" });
  sending[0]?.end({ kind: "refused", status: 507 });
  await settled();
  expect(sending.map(({ path }) => path).slice(3)).toEqual(["/to/d", "/to/%C3%A9%20%23"]);
  expect(states()).toEqual(["a failed", "b sent", "c sending", "d sending", "é # sending"]);
  expect(queue.uploads[0]?.reason).toBe("The server's disk is full.");
  expect(arrived).toHaveBeenCalledExactlyOnceWith("/to/");
  queue.retry(queue.uploads[0]?.id ?? 0);
  expect(states()[0]).toBe("a waiting");
});

test("what is there already is asked about, one after the other; the answer for all holds for all that follow", async () => {
  const { asking, sending, add, states } = queueWith(["/to/a", "/to/b", "/to/c", "/to/b%20(2)"]);
  await add("a", "b", "c");
  await settled();
  expect(asking.current?.about).toMatchObject({ name: "a", others: 2 });
  answer(asking, "replace", false);
  await settled();
  expect(sending).toMatchObject([{ path: "/to/a", replaceable: { etag: '"1"' } }]);
  expect(asking.current?.about).toMatchObject({ name: "b" });
  answer(asking, "keep both", true);
  await settled();
  expect(asking.current).toBeUndefined();
  expect(
    sending
      .slice(1)
      .map(({ path, replaceable }) => [path, replaceable])
      .toSorted(),
  ).toEqual([
    ["/to/b%20(3)", "nothing"],
    ["/to/c%20(2)", "nothing"],
  ]);
  for (const { end } of sending) end({ kind: "sent" });
  await settled();
  expect(states()).toEqual(["a sent", "b sent", "c sent"]);
});

test("what changed after the answer is asked about anew, also where the answer was for all", async () => {
  const { asking, sending, add, states, there } = queueWith(["/to/a", "/to/b"]);
  await add("a", "b");
  await settled();
  answer(asking, "replace", true);
  await settled();
  const [first, second] = sending;
  expect([first?.path, second?.path]).toEqual(["/to/a", "/to/b"]);
  there.set("/to/b", '"2"');
  second?.end({ kind: "exists" });
  first?.end({ kind: "sent" });
  await settled();
  expect(asking.current?.about).toMatchObject({ name: "b", changed: true, there: { etag: '"2"' } });
  answer(asking, "replace", false);
  await settled();
  expect(sending[2]).toMatchObject({ path: "/to/b", replaceable: { etag: '"2"' } });
  sending[2]?.end({ kind: "sent" });
  await settled();
  expect(states()).toEqual(["a sent", "b sent"]);
});

test("what is gone by the time of the question is not asked about", async () => {
  const { asking, sending, add, there } = queueWith([]);
  await add("a");
  there.set("/to/a", '"1"');
  sending[0]?.end({ kind: "exists" });
  there.delete("/to/a");
  await settled();
  expect(asking.current).toBeUndefined();
  expect(sending[1]).toMatchObject({ path: "/to/a", replaceable: "nothing" });
});

test("a dialog that is closed skips that one", async () => {
  const { asking, sending, add, states } = queueWith(["/to/a"]);
  await add("a");
  await settled();
  asking.current?.answer(undefined);
  await settled();
  expect([sending.length, states()]).toEqual([0, ["a skipped"]]);
});

test("one of which all has left is not cancelled: it may be in place", async () => {
  const { queue, sending, add, states } = queueWith([]);
  await add("a");
  sending[0]?.news({ sent: 4 });
  queue.cancelAll();
  expect(states()).toEqual(["a sending"]);
  sending[0]?.end({ kind: "sent" });
  await settled();
  expect(states()).toEqual(["a sent"]);
});

test("one is cancelled alone, or all; those that are over make room for new ones", async () => {
  const { queue, sending, add, states } = queueWith([]);
  await add("a", "b", "c", "d");
  queue.cancel(queue.uploads[3]?.id ?? 0);
  sending[0]?.end({ kind: "sent" });
  await settled();
  expect(states()).toEqual(["a sent", "b sending", "c sending", "d cancelled"]);
  queue.cancelAll();
  await settled();
  expect(states()).toEqual(["a sent", "b cancelled", "c cancelled", "d cancelled"]);
  expect(queue.total).toEqual({ done: 4, all: 4, open: 0 });
  await add("e");
  expect(states()).toEqual(["e sending"]);
  queue.clear();
  expect(states()).toEqual(["e sending"]);
});
