import { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { createOperations } from "@meanwhile/operations";
import express from "express";
import Fastify, { type FastifyInstance } from "fastify";
import { inject } from "light-my-request";
import { expect, onTestFinished, test } from "vitest";
import { manualTimers } from "../../interim/src/testing/manual-timers.ts";
import { processing as expressProcessing } from "./express.ts";
import { processing } from "./fastify.ts";
import { uuid } from "./testing/adapter/adapter-scene.ts";

interface Injected {
  readonly app: FastifyInstance;
  readonly timers: ReturnType<typeof manualTimers>;
  /** Lets handlers go on that wait. */
  open(): void;
  arrived(runs: number): Promise<void>;
  readonly runs: number;
}

async function injected(): Promise<Injected> {
  const timers = manualTimers();
  const app = Fastify();
  await app.register(processing({ operations: createOperations({ after: timers.after }) }));
  let runs = 0;
  const waiting: (() => void)[] = [];
  app.post("/", async ({ body }, reply) => {
    runs += 1;
    return reply.code(201).header("Set-Cookie", "a=1").send({ runs, body });
  });
  app.post("/slow", async () => {
    runs += 1;
    await new Promise<void>((resolve) => waiting.push(resolve));
    return { runs };
  });
  onTestFinished(() => app.close());
  return {
    app,
    timers,
    open() {
      for (const go of waiting.splice(0)) go();
    },
    async arrived(count) {
      while (runs < count) await new Promise((resolve) => setImmediate(resolve));
    },
    get runs() {
      return runs;
    },
  };
}

const key = { "idempotency-key": uuid };

test("an injected request with a key gets its answer, and once more the kept one", async () => {
  const { app } = await injected();
  const send = (payload: object) => app.inject({ method: "POST", url: "/", headers: key, payload });
  const first = await send({ a: 1 });
  expect([first.statusCode, first.json(), first.headers["set-cookie"]]).toEqual([
    201,
    { runs: 1, body: { a: 1 } },
    "a=1",
  ]);
  const again = await send({ a: 1 });
  expect([again.statusCode, again.json(), again.headers["set-cookie"]]).toEqual([
    201,
    { runs: 1, body: { a: 1 } },
    "a=1",
  ]);
  expect((await send({ a: 2 })).statusCode).toBe(422);
});

test("an injected request that asks for it gets a 202, and the outcome later", async () => {
  const { app, timers, open, arrived } = await injected();
  const headers = { prefer: "respond-async", authorization: "Bearer alice" };
  const sent = app.inject({ method: "POST", url: "/slow", headers });
  await arrived(1);
  timers.advance(100);
  const accepted = await sent;
  expect([accepted.statusCode, accepted.headers["operations"]]).toEqual([202, "1"]);
  open();
  const url = new URL(String(accepted.headers.location)).pathname;
  const outcome = async () =>
    app.inject({ url: `${url}/outcome`, headers: { authorization: "Bearer alice" } });
  let seen = await outcome();
  while (seen.statusCode !== 200) seen = await outcome();
  expect(seen.json()).toEqual({ runs: 1 });
});

test("injected requests with the same key, at once: one runs, both get its answer", async () => {
  const here = await injected();
  const both = [0, 1].map(() => here.app.inject({ method: "POST", url: "/slow", headers: key }));
  await here.arrived(1);
  here.open();
  const answers = await Promise.all(both);
  expect(answers.map((answer) => answer.json())).toEqual([{ runs: 1 }, { runs: 1 }]);
});

test("an injected request that is slow gets its answer as an operation", async () => {
  const { app, timers, open, arrived } = await injected();
  const sent = app.inject({ method: "POST", url: "/slow" });
  await arrived(1);
  timers.advance(200);
  timers.advance(200);
  open();
  expect((await sent).json()).toEqual({ runs: 1 });
});

test("what is injected into Express passes by: it cannot be given another response", async () => {
  // What injects gives all Express apps of the process its own prototypes.
  onTestFinished(() => {
    Object.setPrototypeOf(express.request, IncomingMessage.prototype);
    Object.setPrototypeOf(express.response, ServerResponse.prototype);
  });
  const app = express();
  app.use(expressProcessing());
  app.post("/", (_request, response) => void response.json({ made: "it" }));
  for (let count = 0; count < 2; count += 1) {
    const answer = await inject(app as never, { method: "POST", url: "/", headers: key });
    expect(answer.json()).toEqual({ made: "it" });
  }
});

test.each([
  { chunks: 16, payloadAsStream: false },
  { chunks: 250, payloadAsStream: false },
  { chunks: 250, payloadAsStream: true },
])("an injected request gets streamed content whole: %o", async ({ chunks, payloadAsStream }) => {
  const app = Fastify();
  onTestFinished(() => app.close());
  await app.register(processing({ when: () => true }));
  app.get("/", (_request, reply) => {
    void reply.send(Readable.from(Array.from({ length: chunks }, () => Buffer.alloc(4_096))));
  });
  const answer = await app.inject({ url: "/", payloadAsStream });
  let bytes = 0;
  if (payloadAsStream) for await (const chunk of answer.stream()) bytes += (chunk as Buffer).length;
  else bytes = answer.rawPayload.length;
  expect(bytes).toBe(chunks * 4_096);
});
