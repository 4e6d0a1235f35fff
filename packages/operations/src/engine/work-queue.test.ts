import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Release } from "../claims/claims.ts";
import { type Asker, createWorkQueue, type WorkQueue } from "./work-queue.ts";

/** Enters works by name ("ann/1" is ann on connection 1), and notes the order in which they get a place. */
function story(places: number): {
  readonly queue: WorkQueue;
  readonly began: string[];
  enter(work: string, signal?: AbortSignal): void;
  end(work: string): void;
} {
  const queue = createWorkQueue(places);
  const began: string[] = [];
  const releases = new Map<string, Release>();
  const connections = new Map<string, object>();
  const asker = (work: string): Asker => {
    const [who = "", on = ""] = work.split(/[/ ]/);
    const key = `${who}/${on}`;
    const connection = connections.get(key) ?? {};
    connections.set(key, connection);
    return { name: who, connection };
  };
  const begin = (work: string, release: Release): void => {
    began.push(work);
    releases.set(work, release);
  };
  return {
    queue,
    began,
    enter(work, signal) {
      const place = queue.enter(asker(work), signal);
      if (place instanceof Promise) void place.then((release) => release && begin(work, release));
      else begin(work, place);
    },
    end: (work) => releases.get(work)?.(),
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("places", () => {
  test("are taken at once while one is free; then works wait in their order", async () => {
    const { enter, end, began, queue } = story(2);
    for (const work of ["ann/1 a", "bob/1 b", "ann/1 c", "ann/1 d"]) enter(work);
    expect(began).toEqual(["ann/1 a", "bob/1 b"]);
    expect([queue.working, queue.waiting]).toEqual([2, 2]);
    end("ann/1 a");
    end("ann/1 a");
    await settled();
    expect(began).toEqual(["ann/1 a", "bob/1 b", "ann/1 c"]);
    end("bob/1 b");
    await settled();
    // One of two is kept for others.
    expect(began).toHaveLength(3);
    end("ann/1 c");
    await settled();
    expect(began.at(-1)).toBe("ann/1 d");
  });

  test("a second asker never waits for the first: one place is left", () => {
    const { enter, began } = story(4);
    for (const work of ["ann/1 a", "ann/1 b", "ann/1 c", "ann/1 d"]) enter(work);
    expect(began).toHaveLength(3);
    enter("bob/1 a");
    expect(began.at(-1)).toBe("bob/1 a");
  });

  test("one asker has no more at once after some of them ended", async () => {
    const { enter, end, began, queue } = story(3);
    for (const work of ["ann/1 a", "ann/1 b", "ann/1 c", "ann/1 d"]) enter(work);
    end("ann/1 a");
    await settled();
    expect(began).toEqual(["ann/1 a", "ann/1 b", "ann/1 c"]);
    expect([queue.working, queue.waiting]).toEqual([2, 1]);
  });

  test("a single place is had by all", () => {
    const { enter, began } = story(1);
    enter("ann/1 a");
    expect(began).toEqual(["ann/1 a"]);
  });

  test("askers take turns, and of one asker its connections", async () => {
    const { enter, end, began } = story(1);
    enter("zoe/1 first");
    for (let count = 1; count <= 3; count += 1) enter(`ann/1 ${count}`);
    for (let count = 1; count <= 2; count += 1) enter(`ann/2 ${count}`);
    for (let count = 1; count <= 2; count += 1) enter(`bob/1 ${count}`);
    for (let ended = 0; ended < 8; ended += 1) {
      end(began.at(-1) ?? "");
      await settled();
    }
    expect(began.slice(1)).toEqual([
      "ann/1 1",
      "bob/1 1",
      "ann/2 1",
      "bob/1 2",
      "ann/1 2",
      "ann/2 2",
      "ann/1 3",
    ]);
  });

  test("one that is cancelled leaves the line, and leaves nothing behind", async () => {
    const { enter, end, began, queue } = story(1);
    const cancelled = new AbortController();
    enter("ann/1 a");
    enter("bob/1 b", cancelled.signal);
    enter("cat/1 c");
    cancelled.abort();
    enter("dan/1 d", cancelled.signal);
    expect(queue.waiting).toBe(1);
    end("ann/1 a");
    await settled();
    expect(began).toEqual(["ann/1 a", "cat/1 c"]);
    end("cat/1 c");
    expect([queue.working, queue.waiting]).toEqual([0, 0]);
  });

  test("whatever comes: never more than there are, no work is lost, and none has a place twice", async () => {
    const works = fc.array(fc.tuple(fc.constantFrom("ann", "bob", "cat"), fc.nat(2)), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(works, fc.integer({ min: 1, max: 5 }), async (entered, places) => {
        const { enter, end, began, queue } = story(places);
        for (const [index, [who, on]] of entered.entries()) enter(`${who}/${on} ${index}`);
        for (let ended = 0; ended < entered.length; ended += 1) {
          expect(queue.working).toBeLessThanOrEqual(places);
          await settled();
          expect(began.length).toBeGreaterThan(ended);
          end(began[ended] ?? "");
          await settled();
        }
        expect(new Set(began).size).toBe(entered.length);
        expect([queue.working, queue.waiting]).toEqual([0, 0]);
      }),
      { numRuns: 50 },
    );
  });
});
