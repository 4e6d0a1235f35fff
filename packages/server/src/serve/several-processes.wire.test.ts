/** Two servers with one journal: promise 5 holds for a client that comes back to the other one. */
import { createOperations } from "@meanwhile/operations";
import { SharedMemory } from "@meanwhile/operations/testing";
import { afterEach, expect, test } from "vitest";
import { type RejoinServer, serveRejoin } from "../testing/own/rejoin-fixture.ts";

const fields = {
  "X-Test-Principal": "ann",
  Prefer: "processing",
  Destination: "http://files.example/copy",
};

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Two servers; claims are waited for a moment. */
async function openTwo(): Promise<readonly [RejoinServer, RejoinServer]> {
  const after = (ms: number, callback: () => void) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  };
  const store = new SharedMemory({ now: Date.now, after });
  const open = async (): Promise<RejoinServer> => {
    const operations = createOperations({ journal: store.open() });
    const server = await serveRejoin({ over: "http", operations, limits: { claimMs: 50 } });
    closing.push(async () => {
      await server.close();
      operations.abandon();
    });
    return server;
  };
  return [await open(), await open()];
}

test("a COPY whose client is gone is joined by its repetition at another server: done once, and answered there", async () => {
  const [one, other] = await openTwo();
  const first = one.call("COPY", "/a/", { fields });
  const location = (await first.interim()).field("Location") ?? "";
  await one.gate.reached(1);
  first.reset();
  const [operation] = await one.operations.list("ann", 1);
  await expect.poll(async () => other.operations.isDeserted(operation?.id ?? "")).toBe(true);
  const second = other.call("COPY", "/a/", { fields });
  const joined = (await second.interim()).field("Location") ?? "";
  expect(joined.split("/").at(-1)).toBe(location.split("/").at(-1));
  one.gate.open();
  expect((await second.answer()).status).toBe(201);
  expect([one.calls.get("copy"), other.calls.get("copy")]).toEqual([1, undefined]);
});

test("one that somebody still waits for is not joined at another server, and keeps its files to itself (503)", async () => {
  const [one, other] = await openTwo();
  const first = one.call("COPY", "/a/", { fields });
  await one.gate.reached(1);
  const second = await other.call("COPY", "/a/", { fields }).answer();
  expect([second.status, second.field("Retry-After")]).toEqual([503, "2"]);
  one.gate.open();
  expect((await first.answer()).status).toBe(201);
  expect([one.calls.get("copy"), other.calls.get("copy")]).toEqual([1, undefined]);
});
