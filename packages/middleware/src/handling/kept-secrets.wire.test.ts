import { gzipSync } from "node:zlib";
import { createOperations, memoryJournal } from "@meanwhile/operations";
import { secretMs } from "@meanwhile/operations/internal";
import { describe, expect, test } from "vitest";
import { manualTimers } from "../../../interim/src/testing/manual-timers.ts";
import type { NodeHandler } from "../node.ts";
import type { ProcessingOptions } from "../request/options.ts";
import { alice, documentPath, uuid } from "../testing/adapter/adapter-scene.ts";
import { field } from "../testing/raw-client.ts";
import { protocols, serveHandler } from "../testing/serve-handler.ts";

const key = { "Idempotency-Key": uuid, ...alice };

async function scene(
  protocol: (typeof protocols)[number],
  handler: NodeHandler,
  options?: ProcessingOptions,
) {
  let nowMs = Date.UTC(2026, 0, 15);
  const timers = manualTimers();
  const journal = memoryJournal({}, () => nowMs, undefined, undefined, timers.after);
  const operations = createOperations({ journal, now: () => nowMs, after: timers.after });
  let runs = 0;
  const connect = await serveHandler(
    protocol,
    operations,
    (request, response) => {
      runs += 1;
      return handler(request, response);
    },
    options,
  );
  const pass = (ms: number): void => {
    nowMs += ms;
    timers.advance(ms);
  };
  return {
    connect,
    journal,
    operations,
    runs: () => runs,
    pass,
    /** Seconds pass until it is so; never ten minutes. */
    async until(isSo: () => Promise<boolean>) {
      for (let count = 0; !(await isSo()); count += 1) {
        expect(count).toBeLessThan(100);
        pass(3_000);
      }
    },
  };
}

describe.each(protocols)("%s", (protocol) => {
  const secretive: readonly [fields: Record<string, string | string[]>, options?: ProcessingOptions][] = [
    [{ "Set-Cookie": ["session=one", "b=2"] }],
    [{ "set-cookie": "session=one" }],
    [{ "Authentication-Info": 'nextnonce="one"' }],
    [{ Authorization: "Bearer one" }],
    [{ "Cache-Control": "private, no-store" }],
    [{ "X-Api-Key": "one" }, { secretFields: ["X-API-Key"] }],
  ];

  test.each(secretive)(
    "%o is given again until it was delivered, and not after that",
    async (fields, options) => {
      const { connect, until, runs, journal } = await scene(
        protocol,
        (_request, response) => response.writeHead(201, fields).end("one"),
        options,
      );
      const [name = "", value] = Object.entries(fields)[0] ?? [];
      const first = await connect().send("POST", "/", key, "x").response();
      expect(first.status).toBe(201);
      const again = await connect().send("POST", "/", key, "x").response();
      expect([again.status, again.content.toString()]).toEqual([201, "one"]);
      expect(field(again, name.toLowerCase())).toBe([value].flat().join(", "));
      let late = again;
      await until(async () => {
        late = await connect().send("POST", "/", key, "x").response();
        return late.status !== 201;
      });
      expect(late.status).toBe(409);
      expect(field(late, name.toLowerCase())).not.toBe(field(again, name.toLowerCase()));
      expect(field(late, "content-type")).toBe("application/problem+json");
      expect(field(late, "idempotency-replayed")).toBe("true");
      const { operation, outcome } = JSON.parse(late.content.toString());
      expect(outcome).toEqual({ status: 201 });
      expect(field(late, "link")).toBe(`<${operation}>; rel="status"`);
      const document = new URL(operation).pathname;
      const shown = JSON.parse((await connect().send("GET", document, alice).response()).content.toString());
      expect(shown).toMatchObject({ state: "finished", outcome: { status: 201, forgotten: true } });
      const gone = await connect().send("GET", `${document}/outcome`, alice).response();
      expect(gone.status).toBe(410);
      const { outcome: kept } = (await journal.get(shown.id)) ?? {};
      expect(kept).toEqual({ status: 201, fields: {}, content: "", secret: true, forgotten: true });
      expect(runs()).toBe(1);
    },
  );

  function gated() {
    let open = (): void => undefined;
    let come = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const arrived = new Promise<void>((resolve) => {
      come = resolve;
    });
    const handler: NodeHandler = async (_request, response) => {
      come();
      await opened;
      response.writeHead(201, { "Set-Cookie": "session=one" }).end("one");
    };
    return { arrived, open: () => open(), handler };
  }

  test("what reached nobody is kept whole for ten minutes, in which it is given once", async () => {
    const { arrived, open, handler } = gated();
    const { connect, pass, until, runs, operations } = await scene(protocol, handler);
    const lost = connect().send("POST", "/", key, "x");
    await arrived;
    await lost.leave();
    open();
    await operations.idle();
    pass(secretMs - 200_000);
    const again = await connect().send("POST", "/", key, "x").response();
    expect([again.status, field(again, "set-cookie")]).toEqual([201, "session=one"]);
    let count = 0;
    await until(async () => {
      count += 1;
      return (await connect().send("POST", "/", key, "x").response()).status === 409;
    });
    expect(count).toBeLessThan(60);
    expect(runs()).toBe(1);
  });

  test("after a 202 the outcome is there for ten minutes, without the cookie", async () => {
    const { arrived, open, handler } = gated();
    const { connect, pass, operations } = await scene(protocol, handler);
    const asks = connect().send("POST", "/", { Prefer: "respond-async, wait=0", ...alice }, "x");
    await arrived;
    pass(1);
    const document = documentPath(await asks.response());
    open();
    await operations.idle();
    for (let count = 0; count < 3; count += 1) {
      pass(secretMs / 3 - 1);
      const outcome = await connect().send("GET", `${document}/outcome`, alice).response();
      expect([outcome.status, outcome.content.toString(), field(outcome, "set-cookie")]).toEqual([
        201,
        "one",
        undefined,
      ]);
    }
    pass(3);
    expect((await connect().send("GET", `${document}/outcome`, alice).response()).status).toBe(410);
  });

  test("neither credentials nor the query are kept", async () => {
    const { connect, journal } = await scene(protocol, (_request, response) => response.end("done"));
    const fields = { ...key, Cookie: "session=hunter2", Authorization: "Bearer hunter2" };
    await connect().send("POST", "/a?token=hunter2", fields, "x").response();
    const second = await connect().send("POST", "/a?token=other", fields, "x").response();
    expect(second.status).toBe(422);
    const again = await connect().send("POST", "/a?token=hunter2", fields, "x").response();
    expect(field(again, "idempotency-replayed")).toBe("true");
    const { size } = journal;
    expect(size).toBe(1);
    const asked = await connect().send("GET", "/.meanwhile/operations/", fields).response();
    const [{ id, target }] = JSON.parse(asked.content.toString()).operations;
    expect(target).toMatch(/\/a$/);
    expect(JSON.stringify(await journal.get(id))).not.toContain("hunter2");
  });

  test("decoded content is given again without what describes the coded bytes", async () => {
    const { connect } = await scene(protocol, (_request, response) => {
      const coded = gzipSync("plain");
      response.writeHead(200, {
        "Content-Encoding": "gzip",
        "Content-Length": String(coded.length),
        "Content-Digest": "sha-256=:AAAA:",
        "Repr-Digest": "sha-256=:AAAA:",
        "Content-MD5": "AAAA",
        Digest: "sha-256=AAAA",
        ETag: '"coded"',
        "Accept-Ranges": "bytes",
        Vary: "Accept-Encoding",
      });
      response.end(coded);
    });
    expect(field(await connect().send("POST", "/", key, "x").response(), "content-md5")).toBe("AAAA");
    const again = await connect().send("POST", "/", key, "x").response();
    expect(again.content.toString()).toBe("plain");
    const names = ["content-digest", "repr-digest", "content-md5", "digest", "etag", "accept-ranges"];
    for (const name of [...names, "content-encoding"]) expect(field(again, name), name).toBeUndefined();
    expect(field(again, "vary")).toBe("Accept-Encoding");
  });

  test("an answer over the limit is no success when it is asked for again", async () => {
    const { connect, runs } = await scene(
      protocol,
      (_request, response) => response.writeHead(200, { ETag: '"a"' }).end("x".repeat(1001)),
      { limits: { keptBytes: 1000 } },
    );
    expect((await connect().send("POST", "/", key, "x").response()).content.length).toBe(1001);
    const again = await connect().send("POST", "/", key, "x").response();
    expect([again.status, field(again, "etag"), runs()]).toEqual([409, undefined, 1]);
    const { operation, outcome } = JSON.parse(again.content.toString());
    expect(outcome).toEqual({ status: 200 });
    const gone = await connect()
      .send("GET", `${new URL(operation).pathname}/outcome`, alice)
      .response();
    expect(gone.status).toBe(410);
  });
});
