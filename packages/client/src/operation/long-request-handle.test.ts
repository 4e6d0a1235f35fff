import { afterEach, describe, expect, test, vi } from "vitest";
import { CancelledError, DetachedError } from "../error/operation-error.ts";
import type { LongRequest } from "./long-request.ts";
import type { LongRequestPlan } from "./long-request-plan.ts";
import { startLongRequest } from "./start-long-request.ts";
import {
  at,
  document,
  events,
  type Reply,
  type ScriptedServer,
  scriptedServer,
} from "./testing/scripted-server.ts";

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
const hangs: Reply = { hangs: true };
const hangsTold: Reply = { interims: [first102], hangs: true };

/** Until the server has got so many requests. */
async function asked(server: ScriptedServer, requests: number): Promise<void> {
  await vi.waitFor(() => expect(server.log.length).toBe(requests), { interval: 1, timeout: 30_000 });
}

describe("detach", () => {
  test("ends the waiting at once, and tells where to come back", async () => {
    const server = scriptedServer([["COPY /a", hangsTold]]);
    const request = start(server);
    await asked(server, 1);
    expect(request.detach()).toEqual(at("/ops/1"));
    await expect(request.outcome).rejects.toEqual(new DetachedError(at("/ops/1")));
    expect(server.requests[0]?.signal?.aborted).toBe(true);
    for await (const _progress of request.progress);
  });

  test("after the end it changes nothing", async () => {
    const server = scriptedServer([["COPY /a", { status: 201, interims: [first102] }]]);
    const request = start(server);
    const response = await request.outcome;
    expect(request.detach()).toEqual(at("/ops/1"));
    await request.cancel();
    expect(await request.outcome).toBe(response);
    expect(server.log).toEqual(["COPY /a"]);
  });
});

const stoppable = { cancel: "/ops/1/cancel" };

describe("cancel", () => {
  test("asks the server to stop what was looked at, and waits for what becomes of it", async () => {
    const server = scriptedServer([
      ["COPY /a", told],
      [
        "GET /ops/1",
        async () => {
          await asked(server, 4);
          return events(document("cancelled"));
        },
      ],
      ["GET /ops/1", document("running", stoppable)],
      ["POST /ops/1/cancel", { ...document("cancelling"), status: 202 }],
    ]);
    const request = start(server);
    await asked(server, 2);
    await request.cancel();
    expect(server.requests[3]?.headers.get("authorization")).toBe("Bearer x");
    await expect(request.outcome).rejects.toEqual(new CancelledError(at("/ops/1")));
  });

  test("the 409 of one's own cancelling is a CancelledError", async () => {
    const server = scriptedServer([
      ["COPY /a", { interims: [first102], status: 409 }],
      ["GET /ops/1", document("cancelled", { outcome: { status: 409 } })],
    ]);
    await expect(start(server).outcome).rejects.toBeInstanceOf(CancelledError);
  });

  test("is asked again where the server is not ready", async () => {
    const server = scriptedServer([
      ["COPY /a", hangsTold],
      ["GET /ops/1", document("running", stoppable)],
      ["POST /ops/1/cancel", { status: 503 }],
      ["GET /ops/1", document("running", stoppable)],
      ["POST /ops/1/cancel", { status: 202 }],
    ]);
    const request = start(server);
    await asked(server, 1);
    await request.cancel();
    expect(server.log.at(-1)).toBe("POST /ops/1/cancel");
    request.detach();
  });

  test.each([
    ["none", {}],
    ["one of another origin", { cancel: "http://elsewhere.example/ops/1/cancel" }],
    ["no URL", { cancel: "http://[" }],
  ])("ends the request alone where the document names no place to ask at: %s", async (_what, members) => {
    const server = scriptedServer([
      ["COPY /a", hangsTold],
      ["GET /ops/1", document("running", members)],
    ]);
    const request = start(server);
    await asked(server, 1);
    await request.cancel();
    await expect(request.outcome).rejects.toEqual(new CancelledError(at("/ops/1")));
    expect(server.log).toEqual(["COPY /a", "GET /ops/1"]);
  });

  test("never hides what has ended meanwhile", async () => {
    const server = scriptedServer([
      ["COPY /a", hangsTold],
      ["GET /ops/1", document("finished")],
    ]);
    const request = start(server);
    await asked(server, 1);
    await request.cancel();
    expect(server.log).toEqual(["COPY /a", "GET /ops/1"]);
    request.detach();
  });

  test("ends the request where the server did not say where to ask", async () => {
    const server = scriptedServer([["COPY /a", hangs]]);
    const request = start(server);
    await asked(server, 1);
    await request.cancel();
    await expect(request.outcome).rejects.toEqual(new CancelledError(undefined));
  });

  test("sends nothing to what is no status document", async () => {
    const server = scriptedServer([
      ["POST /a", { status: 202, headers: { Location: "/things/1" } }],
      ["GET /things/1", hangs],
      ["GET /things/1", { content: { name: "a thing" } }],
    ]);
    const request = start(server, { method: "POST" });
    await asked(server, 2);
    await request.cancel();
    await expect(request.outcome).rejects.toEqual(new CancelledError(at("/things/1")));
    expect(server.log.some((line) => line.startsWith("POST /things"))).toBe(false);
  });

  test("tells that the server refuses, and goes on waiting", async () => {
    const server = scriptedServer([
      ["COPY /a", hangsTold],
      ["GET /ops/1", document("running", stoppable)],
      ["POST /ops/1/cancel", { status: 403 }],
    ]);
    const request = start(server);
    await asked(server, 1);
    await expect(request.cancel()).rejects.toMatchObject({ method: "POST", status: 403 });
    expect(server.requests[0]?.signal?.aborted).toBe(false);
    request.detach();
  });
});

describe("a failure that nobody waits for", () => {
  const rejections: unknown[] = [];
  const hear = (reason: unknown): void => void rejections.push(reason);
  afterEach(() => {
    process.off("unhandledRejection", hear);
    rejections.length = 0;
  });
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  test("is told once, as any promise does; but not to whoever left or cancelled", async () => {
    // What the test runner listens to would fail the run.
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", hear);
    try {
      start(scriptedServer([["COPY /a", { lost: "refused" }]]));
      await turns();
      expect(rejections).toEqual([expect.objectContaining({ code: "refused" })]);
      const left = start(scriptedServer([["COPY /a", hangs]]));
      left.detach();
      await start(scriptedServer([["COPY /a", hangs]])).cancel();
      await turns();
      expect(rejections.length).toBe(1);
    } finally {
      for (const other of others) process.on("unhandledRejection", other);
    }
  });
});
