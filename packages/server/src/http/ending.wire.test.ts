import { connect, constants } from "node:http2";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type RejoinOptions, type RejoinServer, serveRejoin } from "../testing/own/rejoin-fixture.ts";
import type { Over } from "../testing/own/test-call.ts";
import { at, contentOf, put } from "../testing/tree/tree-fixture.ts";

const servers: RejoinServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function open(options: RejoinOptions): Promise<RejoinServer> {
  const server = await serveRejoin(options);
  servers.push(server);
  return server;
}

const ann = { "X-Test-Principal": "ann" };
const to = (path: string) => ({ Destination: `http://files.example${path}` });

describe.each<Over>(["http", "http2"])("a client that would rather not wait, over %s", (over) => {
  test("respond-async, wait=N: 202 after N seconds, and not before (RFC 7240 §4.1, §4.3)", async () => {
    const { call, gate, timers, ask } = await open({ over });
    const fields = { ...ann, ...to("/copy"), Prefer: "respond-async, wait=3" };
    const waiting = call("COPY", "/a/", { fields });
    await gate.reached(1);
    expect(timers.pending).toBe(1);
    timers.advance(2999);
    expect(timers.pending).toBe(1);
    timers.advance(1);
    const accepted = await waiting.answer();
    expect(accepted.status).toBe(202);
    expect(accepted.field("Preference-Applied")).toBe("respond-async");
    expect(accepted.field("Retry-After")).toBe("5");
    const location = new URL(accepted.field("Location") ?? "");
    expect(JSON.parse(accepted.body)).toMatchObject({ state: "running", method: "COPY" });
    gate.open();
    if (over === "http") {
      await vi.waitFor(
        async () => {
          const shown = await ask("GET", location.pathname, ann);
          expect(JSON.parse(shown.body)).toMatchObject({ state: "finished", outcome: { status: 201 } });
        },
        { timeout: 30_000 },
      );
      expect((await ask("GET", `${location.pathname}/outcome`, ann)).status).toBe(201);
      expect((await ask("GET", location.pathname, { "X-Test-Principal": "bob" })).status).toBe(404);
    }
  });

  test("an operation that ends in time is answered as it is, without Preference-Applied", async () => {
    const { call, gate, timers } = await open({ over });
    gate.open();
    const fields = { ...ann, ...to("/copy"), Prefer: "respond-async, wait=3" };
    const answer = await call("COPY", "/a/", { fields }).answer();
    expect(answer.status).toBe(201);
    expect(answer.field("Preference-Applied")).toBeUndefined();
    // What is left is to see whether the answer arrived.
    expect(timers.pending).toBeLessThanOrEqual(1);
  });

  test("with processing: 102s first, then the 202", async () => {
    const { call, gate, timers } = await open({ over });
    const fields = { ...ann, ...to("/copy"), Prefer: "respond-async, wait=3, processing" };
    const waiting = call("COPY", "/a/", { fields });
    const location = (await waiting.interim()).field("Location");
    await gate.reached(1);
    timers.advance(3000);
    const accepted = await waiting.answer();
    expect([accepted.status, accepted.field("Location")]).toEqual([202, location]);
  });

  test("the 202 comes only after the complete request", async () => {
    const server = await open({ over, slow: ["commit"] });
    const { call, gate, timers, calls } = server;
    const fields = { ...ann, Prefer: "respond-async, wait=0" };
    const upload = call("PUT", "/new", { fields, content: { byParts: 7 } });
    upload.send("con");
    await vi.waitFor(() => expect(calls.get("draft")).toBe(1), { timeout: 30_000 });
    timers.advance(60_000);
    expect([timers.pending, server.operations.open]).toEqual([0, 0]);
    upload.send("tent", true);
    await gate.reached(1);
    timers.advance(0);
    expect((await upload.answer()).status).toBe(202);
    gate.open();
    await server.operations.idle();
    expect(await contentOf(server.tree, at("/new"))).toBe("content");
  });

  test("wait alone changes nothing: the client waits to the end", async () => {
    const { call, gate, timers } = await open({ over });
    const fields = { ...ann, ...to("/copy"), Prefer: "wait=1" };
    const waiting = call("COPY", "/a/", { fields });
    await gate.reached(1);
    expect(timers.pending).toBe(0);
    gate.open();
    expect((await waiting.answer()).status).toBe(201);
  });

  test("OC-LazyOps: true: 202 at once, with OC-JobStatus-Location", async () => {
    const { call, gate, timers } = await open({ over });
    const fields = { ...ann, ...to("/moved"), "OC-LazyOps": "true" };
    const waiting = call("MOVE", "/a/", { fields });
    await gate.reached(1);
    timers.advance(0);
    const accepted = await waiting.answer();
    expect(accepted.status).toBe(202);
    expect(accepted.field("OC-JobStatus-Location")).toBe(
      `${new URL(accepted.field("Location") ?? "").pathname}/job`,
    );
    expect(accepted.field("Preference-Applied")).toBeUndefined();
  });
});

describe.each<Over>(["http", "http2"])("the server stops, over %s", (over) => {
  test("who waits gets 503 with Retry-After and Location, all of them, and no outcome", async () => {
    const server = await open({ over });
    const { call, gate, operations } = server;
    const fields = { ...ann, ...to("/copy"), "Idempotency-Key": "one-key", Prefer: "processing" };
    const waiting = [call("COPY", "/a/", { fields }), call("COPY", "/a/", { fields })];
    const locations = [];
    for (const call of waiting) locations.push((await call.interim()).field("Location"));
    await gate.reached(1);
    operations.abandon();
    for (const call of waiting) {
      const answer = await call.answer();
      expect(answer.status).toBe(503);
      expect(answer.field("Retry-After")).toBe("5");
      expect(answer.field("Location")).toBe(locations[0]);
      expect(answer.field("Link")).toBeUndefined();
    }
    const [kept] = await operations.list("ann", 10);
    expect([kept?.state, kept?.outcome]).toEqual(["running", undefined]);
  });

  test("from the drain on nothing new begins: 503 with Retry-After; what runs may be joined, and ends", async () => {
    const server = await open({ over, slow: ["member"] });
    const { call, gate, operations, calls } = server;
    const fields = { ...ann, ...to("/copy"), "Idempotency-Key": "one-key", Prefer: "processing" };
    const first = call("COPY", "/a/", { fields });
    await first.interim();
    const drained = operations.drain(30_000);
    const refused = await call("PUT", "/new", { fields: ann, content: "content" }).answer();
    expect([refused.status, refused.field("Retry-After")]).toEqual([503, "10"]);
    expect(server.openDrafts).toBe(0);
    const joined = call("COPY", "/a/", { fields });
    await joined.interim();
    gate.open();
    expect((await first.answer()).status).toBe(201);
    expect((await joined.answer()).status).toBe(201);
    expect(await drained).toBe(true);
    expect(calls.get("copy")).toBe(1);
  });
});

describe("open operations are limited", () => {
  test("those of one principal: 429 with Retry-After; others go on; a draft is discarded", async () => {
    const server = await open({ over: "http", operationLimits: { openPerPrincipal: 1 } });
    const { call, gate } = server;
    const first = call("COPY", "/a/", { fields: { ...ann, ...to("/copy") } });
    await gate.reached(1);
    const refused = await call("PUT", "/new", { fields: ann, content: "" }).answer();
    expect([refused.status, refused.field("Retry-After")]).toEqual([429, "10"]);
    expect(server.openDrafts).toBe(0);
    const bob = { "X-Test-Principal": "bob" };
    expect((await call("MKCOL", "/bobs", { fields: bob }).answer()).status).toBe(201);
    gate.open();
    expect((await first.answer()).status).toBe(201);
    expect((await call("MKCOL", "/anns", { fields: ann }).answer()).status).toBe(201);
  });

  test("those of all: 503 with Retry-After", async () => {
    const { call, gate } = await open({ over: "http", operationLimits: { open: 1 } });
    void call("COPY", "/a/", { fields: { ...ann, ...to("/copy") } });
    await gate.reached(1);
    const refused = await call("MKCOL", "/new", { fields: { "X-Test-Principal": "bob" } }).answer();
    expect([refused.status, refused.field("Retry-After")]).toEqual([503, "10"]);
  });

  test("an HTTP/2 client that opens streams and resets them does not get around it", async () => {
    const { port, gate, calls, ended, operations } = await open({
      over: "http2",
      operationLimits: { openPerPrincipal: 3 },
    });
    const session = connect(`http://127.0.0.1:${port}`);
    for (let number = 1; number <= 20; number += 1) {
      const stream = session.request(
        {
          ":method": "COPY",
          ":path": "/doc",
          ":authority": "files.example",
          destination: `http://files.example/copy-${number}`,
          "x-test-principal": "ann",
        },
        { endStream: true },
      );
      stream.on("error", () => undefined);
      if (number <= 3) await gate.reached(number);
      stream.close(constants.NGHTTP2_CANCEL);
      await ended(number);
    }
    expect([operations.open, calls.get("copy")]).toEqual([3, 3]);
    session.destroy();
  });
});

describe("an operation that is cancelled in its middle: 409 that tells what was done", () => {
  async function cancelAfter(
    server: RejoinServer,
    steps: number,
    method: string,
    target: string,
    fields: Readonly<Record<string, string>>,
  ) {
    const all = { ...ann, ...fields, Prefer: "processing" };
    const waiting = server.call(method, target, { fields: all });
    const location = new URL((await waiting.interim()).field("Location") ?? "");
    await server.gate.reached(1);
    server.gate.open(steps);
    await server.gate.reached(steps + 1);
    expect((await server.ask("DELETE", location.pathname, ann)).status).toBe(202);
    server.gate.open();
    const answer = await waiting.answer();
    const shown = await server.ask("GET", location.pathname, ann);
    return { answer, state: JSON.parse(shown.body).state };
  }

  test("COPY: nothing was changed, and the destination is as before", async () => {
    const server = await open({ over: "http" });
    await put(server.tree, at("/b/kept"), "kept");
    const { answer, state } = await cancelAfter(server, 2, "COPY", "/a/", to("/b/"));
    expect([answer.status, state]).toEqual([409, "cancelled"]);
    expect(answer.body).toContain("nothing was changed");
    expect(await contentOf(server.tree, at("/b/kept"))).toBe("kept");
    expect(await server.tree.lookup(at("/b/1"))).toBeUndefined();
  });

  test("COPY of a large document, inside its bytes", async () => {
    const server = await open({ over: "http", slow: ["bytes"] });
    await put(server.tree, at("/large"), Buffer.alloc(40 * 1024 * 1024));
    const { answer, state } = await cancelAfter(server, 1, "COPY", "/large", to("/copy"));
    expect([answer.status, state]).toEqual([409, "cancelled"]);
    expect(await server.tree.lookup(at("/copy"))).toBeUndefined();
  });

  test("DELETE: it says how many members are gone; the others are there", async () => {
    const server = await open({ over: "http" });
    const { answer, state } = await cancelAfter(server, 2, "DELETE", "/a/", {});
    expect([answer.status, state]).toEqual([409, "cancelled"]);
    expect(answer.body).toContain("2 files and folders were deleted");
    const left = [];
    for (const name of ["1", "2", "3"]) if (await server.tree.lookup(at(`/a/${name}`))) left.push(name);
    expect(left.length).toBe(1);
  });

  test("one that waits for a resource which others work on gives up", async () => {
    const server = await open({ over: "http", limits: { claimMs: 60_000 } });
    void server.call("COPY", "/a/", { fields: { ...ann, ...to("/copy") } });
    await server.gate.reached(1);
    const waiting = server.call("DELETE", "/a/", { fields: { ...ann, Prefer: "processing" } });
    const location = new URL((await waiting.interim()).field("Location") ?? "");
    expect((await server.ask("DELETE", location.pathname, ann)).status).toBe(202);
    const answer = await waiting.answer();
    expect(answer.status).toBe(409);
    expect(answer.field("Retry-After")).toBeUndefined();
    expect(await server.tree.lookup(at("/a"))).toBeDefined();
  });
});
