/** Two services with one journal: a client that comes to the other one sees the same operation. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createOperations, type Operations } from "@meanwhile/operations";
import { SharedMemory } from "@meanwhile/operations/testing";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { type NodeHandler, type ProcessingOptions, processing } from "../node.ts";
import { operationOf } from "../request/handler-operation.ts";
import { field, http1Client, type TestClient } from "../testing/raw-client.ts";

const key = { Authorization: "Bearer alice", "Idempotency-Key": '"a-key-of-alice"' };

interface Service {
  readonly operations: Operations;
  connect(): TestClient;
}

let store: SharedMemory;
let runs: number;
let end: (content: string) => void;
let ended: Promise<string>;

beforeEach(() => {
  const after = (ms: number, callback: () => void) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  };
  store = new SharedMemory({ now: Date.now, after });
  runs = 0;
  ended = new Promise((resolve) => {
    end = resolve;
  });
});

const slow: NodeHandler = async (request, response) => {
  runs += 1;
  for await (const _ of request);
  const operation = operationOf(response);
  operation.progress(1, 3, "on the way");
  response.setHeader("X-Made-By", "the handler");
  operation.signal.addEventListener("abort", () => end("stopped"));
  const content = await ended;
  response.statusCode = content === "stopped" ? 409 : 200;
  response.end(content);
};

async function serve(options: ProcessingOptions = {}): Promise<Service> {
  const journal = store.open();
  const operations = createOperations({ journal });
  const server = createServer(
    processing({ operations, interim: "standard", every: "700ms", ...options })(slow),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const clients: TestClient[] = [];
  onTestFinished(() => {
    for (const client of clients) client.close();
    operations.abandon();
    server.close();
  });
  return {
    operations,
    connect() {
      const client = http1Client((server.address() as AddressInfo).port);
      clients.push(client);
      return client;
    },
  };
}

test("one key at once to two services: one runs, both get its answer", async () => {
  const [one, other] = [await serve(), await serve()];
  const sent = [one, other].map((service) => service.connect().send("POST", "/", key, "x").response());
  await expect.poll(() => runs).toBe(1);
  end("done");
  const answers = await Promise.all(sent);
  expect(answers.map(({ status, content }) => [status, content.toString()])).toEqual([
    [200, "done"],
    [200, "done"],
  ]);
  expect(answers.map((answer) => field(answer, "x-made-by"))).toEqual(["the handler", "the handler"]);
  expect(answers.map((answer) => field(answer, "idempotency-replayed")).sort()).toEqual(["true", undefined]);
  expect(runs).toBe(1);
});

test("one who joins at the other service gets 102s with the place and the progress, then the outcome", async () => {
  const [one, other] = [await serve(), await serve()];
  const first = one.connect().send("POST", "/", key, "x").response();
  await expect.poll(() => runs).toBe(1);
  const joined = other.connect().send("POST", "/", { ...key, Prefer: "processing" }, "x");
  const interim = await joined.head();
  expect(interim.status).toBe(102);
  const location = field(interim, "location") ?? "";
  expect(location).toMatch(/^http:\/\/api\.example\//);
  let progress = field(interim, "progress");
  while (!progress?.startsWith("1/3")) progress = field(await joined.head(), "progress");
  end("done");
  expect((await joined.response()).content.toString()).toBe("done");
  expect((await first).content.toString()).toBe("done");
  const document = await other.connect().send("GET", new URL(location).pathname, key).response();
  expect(JSON.parse(document.content.toString())).toMatchObject({
    state: "finished",
    outcome: { status: 200 },
  });
});

test("an operation is cancelled at the other service", async () => {
  const [one, other] = [await serve(), await serve()];
  const first = one.connect().send("POST", "/", key, "x").response();
  await expect.poll(() => runs).toBe(1);
  const accepted = await other
    .connect()
    .send("POST", "/", { ...key, Prefer: "respond-async, wait=0" }, "x")
    .response();
  expect(accepted.status).toBe(202);
  const { pathname } = new URL(field(accepted, "location") ?? "");
  const asked = await other.connect().send("POST", `${pathname}/cancel`, key).response();
  expect([asked.status, JSON.parse(asked.content.toString()).state]).toEqual([202, "cancelling"]);
  expect((await first).status).toBe(409);
  const shown = async () => {
    const document = await other.connect().send("GET", pathname, key).response();
    return JSON.parse(document.content.toString()).state;
  };
  await expect.poll(shown).toBe("cancelled");
});

test("the key with another content is refused at the other service, too", async () => {
  const [one, other] = [await serve(), await serve()];
  const first = one.connect().send("POST", "/", key, "x").response();
  await expect.poll(() => runs).toBe(1);
  const joined = other.connect().send("POST", "/", key, "another").response();
  end("done");
  expect((await first).status).toBe(200);
  expect((await joined).status).toBe(422);
  expect((await other.connect().send("POST", "/", key, "another").response()).status).toBe(422);
  expect(runs).toBe(1);
});
