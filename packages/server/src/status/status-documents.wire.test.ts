import { once } from "node:events";
import { type ClientHttp2Session, connect as connect2 } from "node:http2";
import { parsePath } from "@meanwhile/dav";
import { createOperations } from "@meanwhile/operations";
import { afterEach, describe, expect, test } from "vitest";

import { createMemoryTree } from "../testing/memory/memory-tree.ts";
import {
  type Served,
  type ServeOptions,
  serve,
  type TestGate,
  testGate,
} from "../testing/own/serve-fixture.ts";
import { requestBytes, type WireClient, type WireResponse } from "../testing/own/wire-client.ts";
import { slowTree } from "../testing/slow-tree.ts";
import { plant } from "../testing/tree/tree-fixture.ts";

let served: Served | undefined;
let gate: TestGate;
const sessions = new Set<ClientHttp2Session>();

afterEach(async () => {
  gate?.open();
  for (const session of sessions) session.destroy();
  sessions.clear();
  await served?.close();
  served = undefined;
});

const promised = { "cache-control": "no-store", "referrer-policy": "no-referrer", vary: "Accept, Prefer" };

function expectPromised(answer: WireResponse): void {
  for (const [name, value] of Object.entries(promised)) {
    expect([name, answer.field(name)]).toEqual([name, value]);
  }
}

/** A server on which a COPY of three members waits at the gate. */
async function slowServer(options: ServeOptions = {}): Promise<Served> {
  gate = testGate();
  const tree = createMemoryTree();
  await tree.createCollection(parsePath("/source"), []);
  for (const name of ["1", "2", "3"]) await plant(tree, `/source/${name}`);
  const pass = gate.pass;
  served = await serve({
    tree: slowTree(tree, (step) => (step === "member" ? pass() : Promise.resolve())),
    ...options,
  });
  return served;
}

const ann = { "X-Test-Principal": "ann" };
const destination = { Destination: "http://files.example/copy" };

/** Begins the COPY, and gives the path of its status document. */
async function beginCopy({ ask }: Served): Promise<string> {
  const answer = await ask("COPY", "/source", { ...ann, ...destination, Prefer: "respond-async, wait=0" });
  expect(answer.status).toBe(202);
  return new URL(answer.field("location") ?? "").pathname;
}

function eventsOf(text: string): readonly { readonly event: string; readonly data: unknown }[] {
  return [...text.matchAll(/^event: (.*)\nid: .*\ndata: (.*)\n\n/gm)].map(([, event = "", data = ""]) => ({
    event,
    data: JSON.parse(data) as unknown,
  }));
}

interface Answer2 {
  readonly status: number;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly interims: readonly Readonly<Record<string, unknown>>[];
  readonly body: string;
}

function session2({ port }: Served): ClientHttp2Session {
  const session = connect2(`http://127.0.0.1:${port}`);
  sessions.add(session);
  return session;
}

async function ask2(
  session: ClientHttp2Session,
  path: string,
  fields: Record<string, string>,
): Promise<Answer2> {
  const stream = session.request({ ":path": path, ":authority": "files.example", ...fields });
  const interims: Record<string, unknown>[] = [];
  stream.on("headers", (head) => interims.push({ ...head }));
  let head: Record<string, unknown> = {};
  stream.on("response", (given) => {
    head = { ...given };
  });
  let body = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    body += chunk;
  });
  await once(stream, "end");
  return { status: Number(head[":status"]), fields: head, interims, body };
}

describe("a long COPY, asked for later", () => {
  test("by JSON while it runs, by 102s until its end, by its outcome after it", async () => {
    const server = await slowServer({ interim: { mode: "measured", front: "none", afterMs: 0, everyMs: 1 } });
    const document = await beginCopy(server);
    await gate.reached(1);
    gate.open(2);
    await gate.reached(3);
    const running = await server.ask("GET", document, ann);
    expectPromised(running);
    expect(JSON.parse(running.body)).toMatchObject({
      version: 1,
      href: `http://files.example${document}`,
      state: "running",
      method: "COPY",
      target: "http://files.example/source",
      progress: { done: 2, total: 4 },
    });
    const client = server.dial();
    client.send(requestBytes("GET", document, { ...ann, Prefer: "processing" }));
    const first = await client.head();
    expect(first.status).toBe(102);
    expect(first.field("location")).toBe(`http://files.example${document}`);
    expect(first.field("progress")).toBe("2/4");
    gate.open();
    const finished = await client.response();
    expect(finished.status).toBe(200);
    expect(finished.field("preference-applied")).toBe("processing");
    expectPromised(finished);
    expect(JSON.parse(finished.body)).toMatchObject({ state: "finished", outcome: { status: 201 } });

    const outcome = await server.ask("GET", `${document}/outcome`, ann);
    expect(outcome.status).toBe(201);
    expect(outcome.field("link")).toBe(`<http://files.example${document}>; rel="status"`);
    expectPromised(outcome);
    const head = await server.ask("HEAD", document, { ...ann, Prefer: "processing" });
    expect([head.status, head.interims]).toEqual([200, []]);
  });

  test("by 102s over HTTP/2", async () => {
    const server = await slowServer({
      over: "http2",
      interim: { mode: "standard", front: "none", afterMs: 0, everyMs: 1 },
    });
    const operation = server.operations.start(
      { kind: "POST", target: "http://files.example/x", principal: undefined },
      async () => {
        await gate.pass();
        return { status: 200, fields: {}, content: "done" };
      },
      () => ({ status: 500, fields: {}, content: "" }),
    );
    const session = session2(server);
    const asked = ask2(session, `/.meanwhile/operations/${operation.id}`, { prefer: "processing" });
    const events = ask2(session, `/.meanwhile/operations/${operation.id}`, { accept: "text/event-stream" });
    const first = await ask2(session, `/.meanwhile/operations/${operation.id}`, {
      prefer: "processing, wait=1",
    });
    expect(first.status).toBe(200);
    expect(first.interims.length).toBeGreaterThan(0);
    expect(first.interims[0]).toMatchObject({
      ":status": 102,
      location: expect.stringContaining(operation.id),
    });
    gate.open();
    const finished = await asked;
    expect(finished.fields).toMatchObject({ ":status": 200, ...promised });
    expect(JSON.parse(finished.body)).toMatchObject({ state: "finished" });
    expect(eventsOf((await events).body).map(({ event }) => event)).toEqual(["progress", "outcome"]);
    const outcome = await ask2(session, `/.meanwhile/operations/${operation.id}/outcome`, {});
    expect(outcome).toMatchObject({ status: 200, body: "done" });
  });

  test("by ownCloud's clients: 202 with a path, then their JSON (owncloud/core#31851)", async () => {
    const server = await slowServer();
    const lazy = await server.ask("COPY", "/source", { ...ann, ...destination, "OC-LazyOps": "true" });
    expect(lazy.status).toBe(202);
    const job = lazy.field("oc-jobstatus-location") ?? "";
    expect(job).toMatch(/^\/\.meanwhile\/operations\/[\w-]+\/job$/);
    expect(JSON.parse((await server.ask("GET", job, ann)).body)).toMatchObject({ status: "started" });
    gate.open();
    const client = server.dial();
    client.send(requestBytes("GET", job.replace("/job", ""), { ...ann, Prefer: "wait=60" }));
    await client.response();
    expect(JSON.parse((await server.ask("GET", job, ann)).body)).toEqual({
      status: "finished",
      fileId: "",
      ETag: "",
      errorCode: 0,
      errorMessage: "",
    });
  });

  test("and cancelled by DELETE: 202, then 200, then 204, then 404", async () => {
    const server = await slowServer();
    const document = await beginCopy(server);
    await gate.reached(1);
    expect((await server.ask("DELETE", document, { "X-Test-Principal": "bob" })).status).toBe(404);
    expect((await server.ask("DELETE", document, ann)).status).toBe(202);
    gate.open();
    const client = server.dial();
    client.send(requestBytes("GET", document, { ...ann, Prefer: "wait=60" }));
    expect(JSON.parse((await client.response()).body)).toMatchObject({
      state: "cancelled",
      progress: { remark: "nothing was changed" },
      outcome: { status: 409 },
    });
    const statuses: number[] = [];
    for (let time = 0; time < 3; time += 1) {
      const answer = await server.ask("DELETE", document, ann);
      expectPromised(answer);
      statuses.push(answer.status);
    }
    expect(statuses).toEqual([200, 204, 404]);
    expect((await server.ask("GET", `${document}/outcome`, ann)).status).toBe(404);
    expect(await server.tree.lookup(parsePath("/copy"))).toBeUndefined();
  });
});

describe("event streams", () => {
  test("a hundred at once over HTTP/1.1, some of which leave, all hear the end", async () => {
    const server = await slowServer();
    const document = await beginCopy(server);
    await gate.reached(1);
    const follow = (): WireClient => {
      const client = server.dial();
      client.send(requestBytes("GET", document, { ...ann, Accept: "text/event-stream" }));
      return client;
    };
    const staying = Array.from({ length: 100 }, () => follow().response());
    const leaving = Array.from({ length: 20 }, follow);
    const heads = await Promise.all(leaving.map((client) => client.head()));
    expect(heads.every((head) => head.field("content-type") === "text/event-stream")).toBe(true);
    await Promise.all(leaving.map((client) => client.leave()));
    gate.open();
    for (const { status, body } of await Promise.all(staying)) {
      expect(status).toBe(200);
      expect(eventsOf(body).at(-1)).toMatchObject({ event: "outcome", data: { state: "finished" } });
    }
  });

  test("a hundred on one HTTP/2 connection", async () => {
    const server = await slowServer({ over: "http2" });
    const operation = server.operations.start(
      { kind: "POST", target: "http://files.example/x", principal: undefined },
      async () => {
        await gate.pass();
        return { status: 200, fields: {}, content: "" };
      },
      () => ({ status: 500, fields: {}, content: "" }),
    );
    const session = session2(server);
    const path = `/.meanwhile/operations/${operation.id}`;
    const all = Array.from({ length: 100 }, () => ask2(session, path, { accept: "text/event-stream" }));
    // Answered after all of those that were asked for before.
    await ask2(session, path, {});
    gate.open();
    for (const { body } of await Promise.all(all)) expect(eventsOf(body).at(-1)?.event).toBe("outcome");
  });

  test("one that never reads costs what the connection holds, is cut off, and harms no other", async () => {
    const timers = new Map<() => void, number>();
    let nowMs = 0;
    const after = (ms: number, callback: () => void): (() => void) => {
      timers.set(callback, nowMs + ms);
      return () => timers.delete(callback);
    };
    const operations = createOperations({ after });
    gate = testGate();
    served = await serve({ operations });
    let report: (uri: () => string) => void = () => undefined;
    const operation = operations.start(
      { kind: "POST", target: "http://files.example/x", principal: undefined },
      async (work) => {
        report = (uri) => work.result(201, uri);
        await gate.pass();
        return { status: 200, fields: {}, content: "" };
      },
      () => ({ status: 500, fields: {}, content: "" }),
    );
    let made = 0;
    const big = (): string => {
      made += 1;
      return `/${"x".repeat(4 * 1024 * 1024)}`;
    };
    const path = `/.meanwhile/operations/${operation.id}`;
    const deaf = served.dial();
    deaf.socket.pause();
    deaf.send(requestBytes("GET", path, { Accept: "text/event-stream" }));
    const step = async (ms: number): Promise<void> => {
      nowMs += ms;
      for (const [callback, atMs] of [...timers]) {
        if (atMs <= nowMs && timers.delete(callback)) callback();
      }
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    };
    for (let time = 0; time < 40; time += 1) {
      report(big);
      await step(250);
    }
    // Four megabytes a piece: those beyond what two sockets hold were never made.
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThan(20);
    const closed = once(deaf.socket, "close");
    await step(60_000);
    deaf.socket.resume();
    await closed;
    await served.logged(1);
    expect(served.log[0]).toMatchObject({ undelivered: true });
    expect((await served.ask("GET", path)).status).toBe(200);
    gate.open();
    await operation.ended;
    expect(
      eventsOf((await served.ask("GET", path, { Accept: "text/event-stream" })).body).at(-1)?.event,
    ).toBe("outcome");
  });
});
