import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createOperations, type Journal, type JournalEntry, memoryJournal } from "@meanwhile/operations";
import { expect, onTestFinished, test } from "vitest";
import { manualTimers } from "../../../interim/src/testing/manual-timers.ts";
import { type NodeHandler, type ProcessingOptions, processing } from "../node.ts";
import { field, http1Client, type TestClient } from "../testing/raw-client.ts";

/** A journal that the next process takes up. */
function lastingJournal(): Journal & { next(): Journal; readonly puts: JournalEntry[] } {
  const kept = memoryJournal();
  const running = new Map<string, JournalEntry>();
  const puts: JournalEntry[] = [];
  const journal: Journal = {
    ...kept,
    async put(entry) {
      // As a disk does: what changes later is not in it.
      const copy = structuredClone({ ...entry, key: entry.key && { ...entry.key } });
      puts.push(copy);
      if (copy.state === "running") running.set(copy.id, copy);
      else running.delete(copy.id);
      await kept.put(copy);
    },
  };
  return { ...journal, puts, next: () => ({ ...journal, unfinished: () => [...running.values()] }) };
}

async function serve(
  journal: Journal | Promise<Journal>,
  handler: NodeHandler,
  options: ProcessingOptions = {},
  timers = manualTimers(),
) {
  const operations = createOperations({ journal, after: timers.after });
  const middleware = processing({ operations, ...options });
  const server = createServer(middleware(handler));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client: TestClient = http1Client((server.address() as AddressInfo).port);
  onTestFinished(() => void server.close());
  onTestFinished(() => client.close());
  return { operations, middleware, client };
}

const key = { Authorization: "Bearer alice", "Idempotency-Key": '"a-key-of-alice"' };
const ok: NodeHandler = (_request, response) => void response.end("done");

/** Runs a handler that never answers, until its process ends. */
async function abandoned(handler: (began: () => void) => NodeHandler, options: ProcessingOptions = {}) {
  const journal = lastingJournal();
  let began = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    began = resolve;
  });
  const { client, operations, middleware } = await serve(journal, handler(began), options);
  const sent = client.send("POST", "/", key, "x");
  await begun;
  operations.abandon();
  expect((await sent.response()).status).toBe(503);
  middleware.close();
  return journal;
}

test("a key whose operation was interrupted gets that as its answer, every time, and nothing runs", async () => {
  const journal = await abandoned((began) => () => began());
  const { client } = await serve(journal.next(), () => expect.unreachable());
  for (const _ of [1, 2]) {
    const seen = await client.send("POST", "/", key, "x").response();
    expect([seen.status, field(seen, "retry-after")]).toEqual([500, undefined]);
    expect(seen.content.toString()).toMatch(/was interrupted.*Look at what is there/);
  }
});

test("an idempotent one runs again, and its answer is kept", async () => {
  const journal = await abandoned((began) => () => began(), { idempotent: true });
  let runs = 0;
  const { client } = await serve(journal.next(), (_request, response) => {
    runs += 1;
    response.end("done");
  });
  for (const _ of [1, 2]) {
    const seen = await client.send("POST", "/", key, "x").response();
    expect([seen.status, seen.content.toString()]).toEqual([200, "done"]);
  }
  expect(runs).toBe(1);
});

test("an idempotent one whose key comes with another request is refused (422)", async () => {
  const journal = await abandoned((began) => () => began(), { idempotent: true });
  const { client } = await serve(journal.next(), () => expect.unreachable());
  const seen = await client.send("POST", "/", { ...key, "Content-Type": "text/other" }, "x").response();
  expect(seen.status).toBe(422);
});

test("what a route says of itself is recorded once the request has come there", async () => {
  const operations = createOperations();
  const route = processing({ operations, idempotent: true });
  const journal = await abandoned((began) => (request, response) => route(request, response, began));
  await expect
    .poll(() => journal.puts.map(({ intent }) => intent))
    .toEqual([{ handler: { idempotent: false } }, { handler: { idempotent: true } }]);
  const { client } = await serve(journal.next(), ok);
  expect((await client.send("POST", "/", key, "x").response()).content.toString()).toBe("done");
});

test("what others than handlers left running is left to them", async () => {
  const journal = lastingJournal();
  const other = createOperations({ journal });
  const never = () => new Promise<never>(() => undefined);
  const { id } = other.start({ kind: "COPY", target: "/", principal: "p" }, never, never as never, {
    key: { name: "k", fingerprint: "f", chosen: true },
    intent: () => ({ copy: 1 }),
  });
  await expect.poll(() => journal.puts.length).toBe(1);
  const { operations, client } = await serve(journal.next(), ok);
  expect((await client.send("POST", "/", key, "x").response()).status).toBe(200);
  expect(await operations.find(id)).toMatchObject({ state: "running" });
});

test("where the journal cannot be read, requests with a key are put off (503), and all others are served", async () => {
  const warnings: string[] = [];
  const { client } = await serve(Promise.reject(new Error("no such disk")), ok, {
    warn: (message) => warnings.push(message),
  });
  const seen = await client.send("POST", "/", key, "x").response();
  expect([seen.status, field(seen, "retry-after")]).toEqual([503, "5"]);
  expect((await client.send("POST", "/", {}, "x").response()).content.toString()).toBe("done");
  expect(warnings).toEqual([
    expect.stringContaining("what an earlier process left could not be taken up: Error: no such disk"),
    expect.stringContaining("an Idempotency-Key could not be looked up: Error: no such disk"),
  ]);
});

test("a handler that does not end once its client left is interrupted: its state says so", async () => {
  for (const [method, status] of [
    ["POST", 500],
    ["PUT", 503],
  ] as const) {
    const timers = manualTimers();
    let began = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      began = resolve;
    });
    const { client, operations } = await serve(
      memoryJournal(),
      (_request, response) => {
        response.write("half");
        began();
      },
      { endWithin: "1m", principal: () => "alice" },
      timers,
    );
    const sent = client.send(method, "/", key, "x");
    await begun;
    await sent.head();
    const [operation] = await operations.list("alice", 1);
    const before = timers.pending;
    await sent.leave();
    await expect.poll(() => timers.pending).toBe(before + 1);
    timers.advance(60_000);
    await operations.idle();
    expect(operation).toMatchObject({ state: "interrupted", outcome: { status } });
  }
});
