/** A location that was told is found again, after a restart too: it is told only once the operation is recorded. */
import { parsePath } from "@meanwhile/dav";
import { createOperations, type Journal, memoryJournal } from "@meanwhile/operations";
import { afterEach, expect, test } from "vitest";
import { createMemoryTree } from "../testing/memory/memory-tree.ts";
import { type Served, serve, type TestGate, testGate } from "../testing/own/serve-fixture.ts";
import { requestBytes, type WireClient, type WireHead } from "../testing/own/wire-client.ts";
import { slowTree } from "../testing/slow-tree.ts";
import { plant, snapshot } from "../testing/tree/tree-fixture.ts";

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Ground extends Served {
  /** Lets commits of PUT, MOVEs, and members of COPY and DELETE pass. */
  readonly gate: TestGate;
  readonly journal: Journal;
  readonly warnings: readonly string[];
  letPutsGo(): void;
}

/** A server with a journal that is slow, or fails. */
async function open(puts: "held" | "failing"): Promise<Ground> {
  const gate = testGate();
  const memory = createMemoryTree();
  await plant(memory, "/src/", "/src/a", "/doc");
  const tree = slowTree(memory, (step) =>
    step === "commit" || step === "member" || step === "move" ? gate.pass() : Promise.resolve(),
  );
  const kept = memoryJournal();
  let letPutsGo = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    letPutsGo = resolve;
  });
  const journal: Journal = {
    take: kept.take,
    mark: kept.mark,
    get: kept.get,
    byKey: kept.byKey,
    list: kept.list,
    unfinished: kept.unfinished,
    remove: kept.remove,
    async put(entry) {
      if (puts === "failing") throw new Error("the disk is full");
      await held;
      await kept.put(entry);
    },
  };
  const warnings: string[] = [];
  const operations = createOperations({ journal, warn: (message) => warnings.push(message) });
  const interim = { mode: "standard", front: "none", afterMs: 5, everyMs: 5 } as const;
  const server = await serve({ tree, operations, interim });
  cleanups.push(() => server.close());
  cleanups.push(() => {
    letPutsGo();
    gate.open();
  });
  return { ...server, gate, journal, warnings, letPutsGo };
}

const key = '"0b9ff1ba-4f1d-4be0-b9be-5d3c1d3c6e0e"';
const processing = { Prefer: "processing" };

/** Reads interim responses until one satisfies. */
async function until(client: WireClient, satisfied: (head: WireHead) => boolean): Promise<WireHead> {
  for (;;) {
    const head = await client.head();
    if (satisfied(head)) return head;
    expect(head.status).toBe(102);
  }
}

const requests: readonly [name: string, method: string, target: string, fields: Record<string, string>][] = [
  ["a PUT", "PUT", "/new", {}],
  ["a PUT with a key", "PUT", "/new", { "Idempotency-Key": key }],
  ["a COPY", "COPY", "/src/", { Destination: "/dst/" }],
  ["a COPY with a key", "COPY", "/src/", { Destination: "/dst/", "Idempotency-Key": key }],
  ["a DELETE", "DELETE", "/src/", {}],
];

test.each(requests)(
  "%s: a slow journal delays the location alone, and bare 102s go on time",
  async (_name, method, target, fields) => {
    const { dial, gate, journal, letPutsGo } = await open("held");
    const client = dial();
    client.send(requestBytes(method, target, fields, method === "PUT" ? "x" : undefined));
    for (let bare = 0; bare < 3; bare += 1) {
      const head = await client.head();
      expect([head.status, head.field("Location")]).toEqual([102, undefined]);
      expect(head.field("Progress")).toBeDefined();
    }
    letPutsGo();
    const located = await until(client, (head) => head.field("Location") !== undefined);
    const id = located.field("Location")?.split("/").at(-1) ?? "";
    expect(await journal.get(id)).toMatchObject({ id, state: "running" });
    gate.open();
    const last = await until(client, ({ status }) => status !== 102);
    expect(last.status).toBeLessThan(300);
    expect(last.field("Link")).toContain(id);
  },
);

const accepting: readonly [name: string, fields: Record<string, string>][] = [
  ["202", { Prefer: "respond-async, wait=0" }],
  ["OC-JobStatus-Location", { "OC-LazyOps": "true" }],
];

test.each(accepting)("a %s waits until the operation is recorded", async (_name, fields) => {
  const { dial, journal, letPutsGo } = await open("held");
  const client = dial();
  client.send(requestBytes("MOVE", "/doc", { ...fields, Destination: "/moved" }));
  // As far as anybody can tell it would have been answered by now.
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(client.socket.bytesRead).toBe(0);
  letPutsGo();
  const head = await client.head();
  expect(head.status).toBe(202);
  const id = head.field("Location")?.split("/").at(-1) ?? "";
  expect(await journal.get(id)).toBeDefined();
});

const refused: readonly [name: string, method: string, target: string, fields: Record<string, string>][] = [
  ["COPY", "COPY", "/src/", { Destination: "/dst/" }],
  ["MOVE", "MOVE", "/src/", { Destination: "/dst/" }],
  ["MOVE with OC-LazyOps", "MOVE", "/src/", { Destination: "/dst/", "OC-LazyOps": "true" }],
  ["PUT with a key", "PUT", "/new", { "Idempotency-Key": key }],
  ["MKCOL with a key", "MKCOL", "/new/", { "Idempotency-Key": key }],
  ["DELETE with a key", "DELETE", "/src/", { "Idempotency-Key": key }],
];

test.each(refused)(
  "%s that cannot be recorded is refused with 507, and changes nothing",
  async (_name, method, target, fields) => {
    const { ask, gate, tree } = await open("failing");
    gate.open();
    const before = await snapshot(tree, parsePath("/"));
    const content = method === "PUT" ? "x" : undefined;
    expect((await ask(method, target, { ...processing, ...fields }, content)).status).toBe(507);
    expect(await snapshot(tree, parsePath("/"))).toEqual(before);
    // Not the key's answer for ever: it runs anew.
    expect((await ask(method, target, fields, content)).status).toBe(507);
  },
);

const going: readonly [name: string, method: string, target: string, fields: Record<string, string>][] = [
  ["PUT", "PUT", "/new", processing],
  ["PUT that would be answered with 202", "PUT", "/new", { Prefer: "processing, respond-async, wait=0" }],
  ["DELETE", "DELETE", "/src/", processing],
];

test.each(going)(
  "%s that cannot be recorded goes on with bare 102s to its final response, and one warning is logged",
  async (_name, method, target, fields) => {
    const { dial, gate, warnings } = await open("failing");
    const client = dial();
    client.send(requestBytes(method, target, fields, method === "PUT" ? "x" : undefined));
    for (let bare = 0; bare < 3; bare += 1) {
      const head = await client.head();
      expect([head.status, head.field("Location")]).toEqual([102, undefined]);
    }
    gate.open();
    const last = await until(client, ({ status }) => status !== 102);
    expect([201, 204]).toContain(last.status);
    expect(last.field("Link")).toBeUndefined();
    expect(warnings).toHaveLength(1);
  },
);
