import { expect, test, vi } from "vitest";
import { Asking, type Conflict } from "../asking/questions.ts";
import type { DavClient } from "../client.ts";
import { english } from "../words/english.ts";
import type { FileToSend, Sent } from "./send-file.ts";
import { UploadQueue } from "./upload-queue.ts";

/** What was sent, and when each ends is for the test to say. */
function queueWith(existing: readonly string[]) {
  const there = new Set(existing);
  const sending: { readonly path: string; readonly overwrite: boolean; end(sent: Sent): void }[] = [];
  const asking = new Asking();
  const arrived = vi.fn();
  const queue = new UploadQueue({
    client: new Promise<DavClient>(() => undefined),
    asking,
    words: english,
    arrived,
    send: ({ path, overwrite }: FileToSend, onSent, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        if (there.has(path) && !overwrite) return resolve({ kind: "exists" });
        onSent(1);
        sending.push({ path, overwrite, end: resolve });
        return undefined;
      }),
  });
  const add = (...names: readonly string[]): Promise<void> =>
    queue.add(
      { files: names.map((name) => ({ file: new File(["text"], name), path: [name] })), folders: [] },
      "/to/",
    );
  const states = () => queue.uploads.map(({ name, state }) => `${name} ${state}`);
  return { queue, asking, sending, arrived, add, states };
}

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
  expect(sending).toMatchObject([{ path: "/to/a", overwrite: true }]);
  expect(asking.current?.about).toMatchObject({ name: "b" });
  answer(asking, "keep both", true);
  await settled();
  expect(asking.current).toBeUndefined();
  expect(
    sending
      .slice(1)
      .map(({ path, overwrite }) => [path, overwrite])
      .toSorted(),
  ).toEqual([
    ["/to/b%20(3)", false],
    ["/to/c%20(2)", false],
  ]);
  for (const { end } of sending) end({ kind: "sent" });
  await settled();
  expect(states()).toEqual(["a sent", "b sent", "c sent"]);
});

test("a dialog that is closed skips that one", async () => {
  const { asking, sending, add, states } = queueWith(["/to/a"]);
  await add("a");
  await settled();
  asking.current?.answer(undefined);
  await settled();
  expect([sending.length, states()]).toEqual([0, ["a skipped"]]);
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
