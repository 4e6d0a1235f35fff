import { createOperations } from "@meanwhile/operations";
import { describe, expect, test } from "vitest";
import { manualTimers } from "../../../interim/src/testing/manual-timers.ts";
import type { ProcessingOptions } from "../request/options.ts";
import { alice, uuid } from "../testing/adapter/adapter-scene.ts";
import { field } from "../testing/raw-client.ts";
import { protocols, serveHandler } from "../testing/serve-handler.ts";

const key = { "Idempotency-Key": uuid };

describe.each(protocols)("%s", (protocol) => {
  test.each<{ status: number; runs: number; options?: ProcessingOptions }>([
    { status: 201, runs: 1 },
    { status: 404, runs: 1 },
    { status: 408, runs: 2 },
    { status: 409, runs: 1 },
    { status: 425, runs: 2 },
    { status: 429, runs: 2 },
    { status: 500, runs: 1 },
    { status: 502, runs: 1 },
    { status: 503, runs: 2 },
    { status: 504, runs: 1 },
    { status: 200, runs: 2, options: { keep: ({ content }) => content.length === 0 } },
    { status: 500, runs: 2, options: { keep: ({ status }) => status < 500 } },
    { status: 503, runs: 1, options: { keep: () => true } },
    {
      status: 503,
      runs: 2,
      options: {
        keep: () => {
          throw new Error("of the service");
        },
      },
    },
  ])(
    "$status: the same key runs its handler $runs times ($options)",
    async ({ status, runs: expected, options }) => {
      let runs = 0;
      const operations = createOperations();
      const connect = await serveHandler(
        protocol,
        operations,
        (_request, response) => {
          runs += 1;
          response.writeHead(status).end("content");
        },
        options,
      );
      const first = await connect().send("POST", "/", key, "x").response();
      expect([first.status, field(first, "idempotency-replayed")]).toEqual([status, undefined]);
      const again = await connect().send("POST", "/", key, "x").response();
      expect([again.status, again.content.toString(), runs]).toEqual([status, "content", expected]);
      expect(field(again, "idempotency-replayed")).toBe(expected === 1 ? "true" : undefined);
    },
  );

  test.each([
    [1, {}],
    [2, { keep: ({ status }: { readonly status: number }) => status < 500 }],
  ])("a handler that throws: the same key runs it %i times", async (expected, options) => {
    let runs = 0;
    const connect = await serveHandler(
      protocol,
      createOperations(),
      () => {
        runs += 1;
        throw new Error("of the handler");
      },
      options,
    );
    for (let count = 0; count < 2; count += 1) {
      expect((await connect().send("POST", "/", key, "x").response()).status).toBe(500);
    }
    expect(runs).toBe(expected);
  });

  test.each<[string, Record<string, string>, string | undefined]>([
    ["short", {}, "guessable"],
    ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", {}, "guessable"],
    ["short", alice, undefined],
    [uuid, {}, undefined],
  ])("the key %s of %o: Idempotency-Ignored is %s", async (name, who, expected) => {
    let go = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      go = resolve;
    });
    const timers = manualTimers();
    const operations = createOperations({ after: timers.after });
    let runs = 0;
    let came = (): void => undefined;
    const connect = await serveHandler(protocol, operations, async (_request, response) => {
      runs += 1;
      came();
      await opened;
      response.writeHead(201, { "X-A": "1" }).end("done");
    });
    const arrived = new Promise<void>((resolve) => {
      came = resolve;
    });
    const asks = connect().send(
      "POST",
      "/",
      { "Idempotency-Key": name, Prefer: "respond-async, wait=0", ...who },
      "x",
    );
    await arrived;
    timers.advance(1);
    const accepted = await asks.response();
    expect([accepted.status, field(accepted, "idempotency-ignored")]).toEqual([202, expected]);
    go();
    const second = await connect()
      .send("POST", "/", { "Idempotency-Key": name, ...who }, "x")
      .response();
    expect(field(second, "idempotency-ignored")).toBe(expected);
    expect([second.status, runs]).toEqual([201, expected === undefined ? 1 : 2]);
  });
});
