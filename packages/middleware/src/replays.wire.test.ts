import { createOperations } from "@meanwhile/operations";
import { describe, expect, test } from "vitest";
import type { ProcessingOptions } from "./processing/options.ts";
import { uuid } from "./testing/adapter-scene.ts";
import { field } from "./testing/raw-client.ts";
import { protocols, serveHandler } from "./testing/serve-handler.ts";

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
});
