import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createOperations, type JournalEntry, memoryJournal } from "@meanwhile/operations";
import fastify from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { processing as forFastify } from "../fastify.ts";
import { type ProcessingOptions, processing } from "../node.ts";
import { field, http1Client } from "../testing/raw-client.ts";

/** A journal that tells whether it was closed. */
function closingJournal() {
  const journal = memoryJournal();
  const put = new Map<string, JournalEntry>();
  return {
    ...journal,
    put(entry: JournalEntry) {
      expect(this.closed, "nothing is put after the end").toBe(0);
      put.set(entry.id, entry);
      return journal.put(entry);
    },
    closed: 0,
    close() {
      this.closed += 1;
    },
    states: () => [...put.values()].map(({ state }) => state),
  };
}

/** A service whose handler answers when it is let go. */
async function serve(options: ProcessingOptions) {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let began: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    began = resolve;
  });
  const slow = processing(options);
  const server = createServer(
    slow(async (_request, response) => {
      began();
      await opened;
      response.end("done");
    }),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const connect = () => {
    const client = http1Client((server.address() as AddressInfo).port);
    onTestFinished(() => client.close());
    return client;
  };
  return { slow, open, begun, connect };
}

const key = { Authorization: "Bearer alice", "Idempotency-Key": '"a-key-of-alice"' };

test("close() waits for what runs, whose client gets its answer, and closes the journal then", async () => {
  const journal = closingJournal();
  const { slow, open, begun, connect } = await serve({ journal });
  const sent = connect().send("POST", "/", key, "x");
  await begun;
  const closing = slow.close();
  const refused = await connect().send("POST", "/", { Prefer: "respond-async" }, "x").response();
  expect([refused.status, field(refused, "retry-after")]).toEqual([503, expect.any(String)]);
  expect(journal.closed).toBe(0);
  open();
  expect((await sent.response()).content.toString()).toBe("done");
  await closing;
  await slow.close();
  expect([journal.closed, journal.states()]).toEqual([1, ["finished"]]);
});

test("what runs longer than closeWithin is left to the next process, and its client is told", async () => {
  const journal = closingJournal();
  const { slow, begun, connect } = await serve({ journal: Promise.resolve(journal), closeWithin: 0 });
  const sent = connect().send("POST", "/", key, "x");
  await begun;
  await slow.close();
  expect((await sent.response()).status).toBe(503);
  expect([journal.closed, journal.states()]).toEqual([1, ["running"]]);
});

test("given operations are ended by whoever gave them", async () => {
  const journal = closingJournal();
  const operations = createOperations({ journal });
  const { slow, open, begun, connect } = await serve({ operations });
  const sent = connect().send("POST", "/", key, "x");
  await begun;
  await slow.close();
  expect([operations.open, operations.abandoned.aborted, journal.closed]).toEqual([1, false, 0]);
  open();
  expect((await sent.response()).content.toString()).toBe("done");
  expect(await operations.drain(60_000)).toBe(true);
});

test("a journal that could not be opened keeps nobody from closing", async () => {
  const errors: string[] = [];
  const journal = Promise.reject(new Error("no such disk"));
  const slow = processing({ journal, warn: (message) => void errors.push(message) });
  await slow.close();
  expect(errors).toEqual([expect.stringContaining("no such disk")]);
});

test("close() ends event streams", async () => {
  const { slow, connect } = await serve({});
  const sent = connect().send("GET", "/.meanwhile/operations/", { Accept: "text/event-stream" });
  expect((await sent.head()).status).toBe(200);
  await slow.close();
  await sent.response();
});

test("Fastify's app.close() closes it, event streams and all", async () => {
  const journal = closingJournal();
  const app = fastify();
  await app.register(forFastify({ journal }));
  app.post("/", async () => "done");
  await app.listen({ port: 0, host: "127.0.0.1" });
  const client = http1Client((app.server.address() as AddressInfo).port);
  onTestFinished(() => client.close());
  const sent = client.send("GET", "/.meanwhile/operations/", { Accept: "text/event-stream" });
  expect((await sent.head()).status).toBe(200);
  const closed = app.close();
  await sent.response();
  client.close();
  await closed;
  expect(journal.closed).toBe(1);
});

test("Fastify is told that what processing() returns is to be registered", () => {
  expect(() => forFastify(fastify() as never)).toThrow(
    expect.objectContaining({
      code: "ERR_PROCESSING_MOUNT",
      message: "processing: register what it returns: app.register(processing(options))",
    }),
  );
});
