import { describe, expect, test } from "vitest";
import { ConnectionError } from "../error/connection-error.ts";
import { CancelledError, OutcomeUnknownError } from "../error/operation-error.ts";
import type { LongRequest, RequestProgress } from "./long-request.ts";
import type { LongRequestPlan } from "./long-request-plan.ts";
import { startLongRequest } from "./start-long-request.ts";
import {
  at,
  document,
  events,
  outcome,
  type Reply,
  type ScriptedServer,
  scriptedServer,
} from "./testing/scripted-server.ts";
import { watchOperation } from "./watch-operation.ts";

function start(server: ScriptedServer, plan: Partial<LongRequestPlan<Response>> = {}): LongRequest<Response> {
  return startLongRequest(server.context, {
    method: "COPY",
    url: at("/a"),
    headers: new Headers({ Authorization: "Bearer x", Depth: "infinity" }),
    read: async (response) => response,
    ...plan,
  });
}

const first102 = { Location: "http://h.example/ops/1", Progress: "1/4" };
const told: Reply = { interims: [first102], lost: "lost" };
const keeps: Reply = { headers: { DAV: "<urn:meanwhile:operations:1>" } };
const hangs: Reply = { hangs: true };

describe("what is sent", () => {
  test("a key and a wish for interim responses; the same key again, and then a wish for a 202", async () => {
    const server = scriptedServer([
      ["COPY /a", { lost: "lost" }],
      ["OPTIONS /a", keeps],
      ["COPY /a", { status: 201 }],
      ["COPY /a", { status: 201 }],
    ]);
    await start(server).outcome;
    await start(server).outcome;
    const copies = server.requests.filter(({ method }) => method === "COPY");
    expect(copies.map(({ headers }) => headers.get("idempotency-key"))).toEqual([
      '"key-1"',
      '"key-1"',
      '"key-2"',
    ]);
    expect(copies.map(({ headers }) => headers.get("prefer"))).toEqual([
      "processing",
      "respond-async, wait=1",
      "processing",
    ]);
    expect(copies[1]?.headers.get("depth")).toBe("infinity");
  });

  test("no key with safe methods, and the caller's own key where there is one", async () => {
    const server = scriptedServer([
      ["PROPFIND /a", {}],
      ["COPY /a", {}],
      ["COPY /a", {}],
    ]);
    await start(server, { method: "PROPFIND" }).outcome;
    await start(server, { idempotencyKey: "mine" }).outcome;
    await start(server, { headers: new Headers({ "Idempotency-Key": '"given"' }) }).outcome;
    expect(server.requests.map(({ headers }) => headers.get("idempotency-key"))).toEqual([
      null,
      '"mine"',
      '"given"',
    ]);
    expect(() => start(server, { idempotencyKey: "" })).toThrow(
      expect.objectContaining({ code: "ERR_IDEMPOTENCY_KEY" }),
    );
  });

  test("after a hop that breaks interim responses, none are asked for on that server", async () => {
    const server = scriptedServer([
      ["COPY /a", told],
      ["GET /ops/1", events(document("finished"))],
      ["GET /ops/1/outcome", outcome(201)],
      ["COPY /a", { status: 201 }],
    ]);
    await start(server).outcome;
    expect(server.memory.interimsBreak).toBe(true);
    await start(server).outcome;
    expect(server.requests.map(({ headers }) => headers.get("prefer"))).toEqual([
      "processing",
      null,
      null,
      "respond-async, wait=1",
    ]);
  });

  test("the status document is asked by the same client, and not with what is about the request", async () => {
    const server = scriptedServer([
      ["COPY /a", { status: 202, headers: { Location: "/ops/1" } }],
      ["GET /ops/1", events(document("finished"))],
      ["GET /ops/1/outcome", outcome(201)],
    ]);
    await start(server).outcome;
    for (const { headers } of server.requests.slice(1)) {
      expect(headers.get("authorization")).toBe("Bearer x");
      expect(headers.has("depth")).toBe(false);
      expect(headers.has("idempotency-key")).toBe(false);
    }
    expect(server.requests[1]?.headers.get("accept")).toMatch(
      /^text\/event-stream, application\/json;q=0\.5/,
    );
  });

  test("an event stream that brings nothing is asked for as a document, then polled", async () => {
    const server = scriptedServer([
      ["COPY /a", { status: 202, headers: { Location: "/ops/1" } }],
      ["GET /ops/1", { lost: "lost" }],
      ["GET /ops/1", { lost: "lost" }],
      ["GET /ops/1", { status: 504 }],
      ["GET /ops/1", { status: 504 }],
      ["GET /ops/1", document("finished")],
      ["GET /ops/1/outcome", outcome(201)],
    ]);
    await start(server).outcome;
    const asked = server.requests
      .slice(1, 6)
      .map(({ headers }) => [headers.get("accept")?.startsWith("text/event-stream"), headers.get("prefer")]);
    expect(asked).toEqual([
      [true, "processing"],
      [true, "processing"],
      [false, "processing"],
      [false, "processing"],
      [false, null],
    ]);
  });

  test("a stream that was lost goes on where it was (Last-Event-ID), after the time that it asked for", async () => {
    const server = scriptedServer(
      [
        ["COPY /a", { status: 202, headers: { Location: "/ops/1" } }],
        ["GET /ops/1", events(document("running"))],
        ["GET /ops/1", events(document("finished"))],
        ["GET /ops/1/outcome", outcome(201)],
      ],
      { random: 0 },
    );
    await start(server).outcome;
    expect(server.requests[2]?.headers.get("last-event-id")).toBe("7.1");
    expect(server.naps).toEqual([2_000]);
  });
});

describe("when it comes back", () => {
  test("by exponential backoff, not before Retry-After, and anew once there was news", async () => {
    const server = scriptedServer([
      ["COPY /a", told],
      ["GET /ops/1", { lost: "refused" }],
      ["GET /ops/1", { lost: "refused" }],
      ["GET /ops/1", { lost: "refused" }],
      ["GET /ops/1", { status: 503, headers: { "Retry-After": "60" } }],
      ["GET /ops/1", events(document("running"))],
      ["GET /ops/1", events(document("finished"))],
      ["GET /ops/1/outcome", outcome(201)],
    ]);
    await start(server).outcome;
    // 2 s: the stream asked for that.
    expect(server.naps).toEqual([250, 500, 1_000, 62_000, 2_250]);
  });

  test("for 15 minutes without a sign of life; then the outcome is unknown, and the loss its cause", async () => {
    const away: Reply = { lost: "refused" };
    const script = [
      ["COPY /a", told] as const,
      ...Array.from({ length: 200 }, () => ["GET /ops/1", away] as const),
    ];
    const server = scriptedServer(script);
    const request = start(server);
    await expect(request.outcome).rejects.toMatchObject({
      name: "OutcomeUnknownError",
      cause: { name: "ConnectionError", code: "refused" },
    });
    expect(server.nowMs).toBeGreaterThan(14 * 60_000);
    expect(server.nowMs).toBeLessThanOrEqual(15 * 60_000);
    expect(request.url).toEqual(at("/ops/1"));
  });

  test("as long as it was told to", async () => {
    const server = scriptedServer(
      [
        ["COPY /a", { ...keeps, status: 503 }],
        ["COPY /a", { status: 503 }],
        ["COPY /a", { status: 503 }],
      ],
      { comebackMs: 1_000 },
    );
    // Nothing was done, and the server says why.
    expect((await start(server).outcome).status).toBe(503);
    expect(server.naps).toEqual([250, 500]);
  });

  test("a request that kills its server each time is not sent without end", async () => {
    const script = Array.from(
      { length: 100 },
      () => ["PROPFIND /a", { lost: "lost", interims: [{}] }] as const,
    );
    const server = scriptedServer(script);
    await expect(start(server, { method: "PROPFIND" }).outcome).rejects.toMatchObject({ code: "lost" });
    expect(server.log.length).toBe(21);
  });

  test("where the server was there before, also from the very first try", async () => {
    const server = scriptedServer([
      ["COPY /a", { status: 201 }],
      ["COPY /a", { lost: "refused" }],
      ["COPY /a", { status: 204 }],
    ]);
    await start(server).outcome;
    expect((await start(server).outcome).status).toBe(204);
  });

  test("content that is lost on its way is got again from where it is recorded", async () => {
    const server = scriptedServer([
      ["COPY /a", { interims: [first102], status: 207, content: brokenContent() }],
      ["GET /ops/1", events(document("finished", { outcome: { status: 207, href: "/ops/1/outcome" } }))],
      ["GET /ops/1/outcome", outcome(207, { content: "all" })],
    ]);
    const request = startLongRequest(server.context, {
      method: "COPY",
      url: at("/a"),
      headers: new Headers(),
      read: (response) => response.text(),
    });
    expect(await request.outcome).toBe("all");
  });
});

describe("patience", () => {
  test("the idle time holds for each exchange, the whole time for all together", async () => {
    const server = scriptedServer([
      ["COPY /a", told],
      ["GET /ops/1", { lost: "idle" }],
      ["GET /ops/1", { lost: "refused" }],
      ...Array.from({ length: 20 }, () => ["GET /ops/1", { lost: "refused" }] as const),
    ]);
    const request = start(server, { idleTimeoutMs: 7_000, timeoutMs: 10_000 });
    await expect(request.outcome).rejects.toMatchObject({ name: "ConnectionError", code: "timeout" });
    expect(server.nowMs).toBe(10_000);
    for (const { idleTimeoutMs } of server.requests) expect(idleTimeoutMs).toBe(7_000);
    expect(server.requests.slice(0, 3).map(({ timeoutMs }) => timeoutMs)).toEqual([10_000, 10_000, 9_750]);
  });

  test("none at all unless it was asked for", async () => {
    const server = scriptedServer([["COPY /a", {}]]);
    await start(server).outcome;
    expect(server.requests[0]).toMatchObject({ timeoutMs: undefined, idleTimeoutMs: undefined });
  });

  test("a signal ends it at once, with its reason, on the network too", async () => {
    const server = scriptedServer([["COPY /a", hangs]]);
    const controller = new AbortController();
    const request = start(server, { signal: controller.signal });
    controller.abort("enough");
    await expect(request.outcome).rejects.toBe("enough");
    expect(server.requests[0]?.signal?.aborted).toBe(true);
  });

  test("a signal that was aborted before sends nothing", async () => {
    const server = scriptedServer([]);
    await expect(start(server, { signal: AbortSignal.abort("enough") }).outcome).rejects.toBe("enough");
    expect(server.log).toEqual([]);
  });

  test("a signal that outlives a thousand requests keeps nothing of them", async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...given: Parameters<AbortSignal["addEventListener"]>) => {
      listeners += 1;
      add(...given);
    };
    signal.removeEventListener = (...given: Parameters<AbortSignal["removeEventListener"]>) => {
      listeners -= 1;
      remove(...given);
    };
    const server = scriptedServer(Array.from({ length: 1_000 }, () => ["COPY /a", { status: 201 }] as const));
    for (let count = 0; count < 1_000; count += 1) await start(server, { signal }).outcome;
    expect(listeners).toBe(0);
  });
});

describe("progress", () => {
  async function latestOf(request: LongRequest<unknown>): Promise<RequestProgress[]> {
    const all: RequestProgress[] = [];
    for await (const progress of request.progress) all.push(progress);
    return all;
  }

  test("comes from interim responses, events and documents, and ends with the outcome", async () => {
    const server = scriptedServer([
      ["COPY /a", { interims: [first102, { Progress: "2/4", "Status-URI": "423 </x>" }], lost: "lost" }],
      ["GET /ops/1", events(document("running", { progress: { done: 3, total: 4 }, failures: 2 }))],
      ["GET /ops/1", document("finished", { progress: { done: 4, total: 4 }, failures: 2 })],
      ["GET /ops/1/outcome", outcome(207)],
    ]);
    const request = start(server);
    const all = await latestOf(request);
    expect(all.at(-1)).toEqual({ stage: "processing", done: 4, total: 4, failures: 2 });
    expect(all.some(({ comingBack }) => comingBack)).toBe(true);
    expect((await request.outcome).status).toBe(207);
    expect(await latestOf(request)).toEqual([all.at(-1)]);
  });

  test("ends, and throws nothing, where the request fails", async () => {
    const server = scriptedServer([["COPY /a", { lost: "refused" }]]);
    const request = start(server);
    const failure = expect(request.outcome).rejects.toMatchObject({ code: "refused" });
    expect(await latestOf(request)).toEqual([{ stage: "processing", done: 0, failures: 0 }]);
    await failure;
  });

  test("may be left: the request goes on", async () => {
    const server = scriptedServer([["COPY /a", { interims: [first102], status: 201 }]]);
    const request = start(server);
    for await (const _progress of request.progress) break;
    expect((await request.outcome).status).toBe(201);
  });
});

describe("watchOperation", () => {
  test("follows what another has started, to its recorded final response", async () => {
    const server = scriptedServer([
      ["GET /ops/1", events(document("running"), document("finished"))],
      ["GET /ops/1/outcome", outcome(207, { content: "all" })],
    ]);
    const request = watchOperation(server.context, at("/ops/1"));
    expect(request.url).toEqual(at("/ops/1"));
    const response = await request.outcome;
    expect([response.status, await response.text()]).toEqual([207, "all"]);
  });

  test("takes the result of another server's way with 202, after it has told of an operation", async () => {
    const server = scriptedServer([
      ["GET /ops/1", { status: 202 }],
      ["GET /ops/1", { status: 200, content: "the report" }],
    ]);
    const response = await watchOperation(server.context, at("/ops/1")).outcome;
    expect([response.status, await response.text()]).toEqual([200, "the report"]);
  });

  test.each<[string, readonly (readonly [string, Reply])[], unknown]>([
    [
      "there is no such operation",
      [["GET /ops/1", { status: 404 }]],
      expect.objectContaining({ status: 404 }),
    ],
    [
      "something else is there (RFC 9110 §9.3.1)",
      [["GET /ops/1", { status: 200, content: "a page" }]],
      expect.objectContaining({ status: 200, detail: "there is no status document" }),
    ],
    ["nobody is there", [["GET /ops/1", { lost: "refused" }]], expect.objectContaining({ code: "refused" })],
    ["it was cancelled", [["GET /ops/1", document("cancelled")]], expect.any(CancelledError)],
    [
      "it was interrupted",
      [
        ["GET /ops/1", document("interrupted", { outcome: { status: 500, href: "/ops/1/outcome" } })],
        ["GET /ops/1/outcome", outcome(500)],
      ],
      expect.any(OutcomeUnknownError),
    ],
  ])("rejects where %s", async (_what, script, error) => {
    const server = scriptedServer(script);
    await expect(watchOperation(server.context, at("/ops/1")).outcome).rejects.toEqual(error);
    expect(server.log.length).toBe(script.length);
  });
});

function brokenContent(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      controller.error(new ConnectionError("lost", "the connection is lost", { mayHaveArrived: true }));
    },
  });
}
