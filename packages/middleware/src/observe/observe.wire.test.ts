import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createOperations } from "@meanwhile/operations";
import { type Context, context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { Registry } from "prom-client";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { manualTimers } from "../../../interim/src/testing/manual-timers.ts";
import { type NodeHandler, type ProcessingOptions, processing } from "../node.ts";
import { field, http1Client, type TestClient } from "../testing/raw-client.ts";
import { telemetryFor } from "./tracing.ts";

const exporter = new InMemorySpanExporter();

beforeAll(async () => {
  const active = new AsyncLocalStorage<Context>();
  context.setGlobalContextManager({
    active: () => active.getStore() ?? ROOT_CONTEXT,
    with: (wanted, run, self, ...given) => active.run(wanted, () => run.apply(self, given)),
    bind: (_wanted, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  });
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const found = telemetryFor(silent);
  await vi.waitFor(() => expect(found()).toBeDefined(), { timeout: 30_000 });
});
afterEach(() => exporter.reset());
afterAll(() => {
  trace.disable();
  context.disable();
});

async function serve(handler: NodeHandler, options: ProcessingOptions = {}) {
  const timers = manualTimers();
  const operations = createOperations({ after: timers.after });
  const wrapped = processing({ operations, ...options })(handler);
  const server = createServer((request, response) => {
    // As an instrumentation of node:http does.
    const span = trace.getTracer("test").startSpan(`request ${request.url}`);
    response.once("close", () => span.end());
    context.with(trace.setSpan(context.active(), span), () => wrapped(request, response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  onTestFinished(() => void server.close());
  const connect = (): TestClient => {
    const client = http1Client(port);
    onTestFinished(() => client.close());
    return client;
  };
  return { operations, timers, connect };
}

/** A handler that answers when it is told to. */
function waiting(status = 201) {
  let arrived = (): void => undefined;
  let go = (): void => undefined;
  const runs = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  const handler: NodeHandler = async (_request, response) => {
    arrived();
    await gone;
    response.statusCode = status;
    response.end("done");
  };
  return { handler, runs, go };
}

const alice = { Authorization: "Bearer alice" };
const key = { ...alice, "Idempotency-Key": '"a-key-of-alice"' };

function operationSpan(): ReadableSpan | undefined {
  return exporter.getFinishedSpans().find(({ name }) => name.startsWith("operation"));
}

test("an operation is a span below that of its request, with what happened to it", async () => {
  const { handler, runs, go } = waiting();
  const lines: string[] = [];
  const log = (_fields: object, message: string) => lines.push(message);
  const logger = { debug: log, info: log, warn: log, error: log };
  const { timers, connect } = await serve(handler, { logger });
  const client = connect();
  const sent = client.send("POST", "/reports?secret=1", { ...key, Prefer: "respond-async" }, "x");
  await runs;
  timers.advance(100);
  expect((await sent.response()).status).toBe(202);
  const again = client.send("POST", "/reports?secret=1", key, "x");
  await expect.poll(() => lines).toContain("a retry joined an operation");
  go();
  expect((await again.response()).status).toBe(201);
  const span = operationSpan();
  const request = () => exporter.getFinishedSpans().find(({ name }) => name.startsWith("request"));
  await expect.poll(request).toBeDefined();
  expect(span?.name).toBe("operation POST");
  expect(span?.parentSpanContext?.spanId).toBe(request()?.spanContext().spanId);
  expect(span?.attributes).toMatchObject({
    "http.request.method": "POST",
    "url.path": "/reports",
    "http.response.status_code": 201,
    "meanwhile.operation.state": "finished",
  });
  expect(span?.events.map(({ name }) => name)).toEqual(["accepted", "joined"]);
  expect(span?.status.code).toBe(0);
});

test("a span says of a failure that it is one, and ends where the service stops first", async () => {
  const failing = waiting(503);
  const service = await serve(failing.handler, { expects: "1m" });
  const sent = service.connect().send("POST", "/", {}, "x");
  failing.go();
  await sent.response();
  expect(operationSpan()?.status.code).toBe(2);
  exporter.reset();
  const { handler, runs } = waiting();
  const { operations, connect } = await serve(handler, { expects: "1m" });
  const stopped = connect().send("POST", "/", {}, "x");
  await runs;
  operations.abandon();
  expect((await stopped.response()).status).toBe(503);
  expect(operationSpan()?.events.map(({ name }) => name)).toEqual(["abandoned"]);
});

test("there are no spans where tracing is off", async () => {
  const { handler, go } = waiting();
  const { connect } = await serve(handler, { expects: "1m", tracing: false });
  go();
  await connect().send("POST", "/", {}, "x").response();
  expect(operationSpan()).toBeUndefined();
});

test("a quick request that never became an operation is no span, no metric and no line of the log", async () => {
  const metrics = new Registry();
  const lines: string[] = [];
  const log = (_fields: object, message: string) => lines.push(message);
  const { connect } = await serve((_request, response) => void response.end(), {
    metrics,
    logger: { debug: log, info: log, warn: log, error: log },
  });
  await connect().send("POST", "/", {}, "x").response();
  expect(operationSpan()).toBeUndefined();
  expect(await metrics.getSingleMetricAsString("meanwhile_operation_duration_seconds")).not.toContain(
    "bucket",
  );
  expect(lines).toEqual([]);
});

test("metrics count what is open, sent, accepted, joined, resumed, lost and refused", async () => {
  const registry = new Registry();
  const { handler, runs, go } = waiting();
  const { operations, timers, connect } = await serve(handler, { metrics: registry });
  const client = connect();
  const value = async (name: string): Promise<string | undefined> =>
    (await registry.getSingleMetricAsString(`meanwhile_${name}`)).split("\n").slice(2).join("\n");
  const sent = client.send("POST", "/", { ...key, Prefer: "processing" }, "x");
  await runs;
  expect((await sent.head()).status).toBe(102);
  expect(await value("operations_open")).toBe("meanwhile_operations_open 1");
  expect(await value("interim_responses_total")).toBe(
    'meanwhile_interim_responses_total{profile="asked: nameless"} 1',
  );
  const other = connect();
  const joiner = other.send("POST", "/", { ...key, Prefer: "respond-async, wait=5" }, "x");
  await expect.poll(() => value("operations_joined_total")).toBe("meanwhile_operations_joined_total 1");
  await sent.leave();
  go();
  await joiner.response();
  const again = await other.send("POST", "/", key, "x").response();
  expect(field(again, "content-length")).toBe("4");
  expect(await value("operations_resumed_total")).toBe("meanwhile_operations_resumed_total 1");
  expect(await value("operations_open")).toBe("meanwhile_operations_open 0");
  expect(await value("operation_duration_seconds")).toContain(
    'meanwhile_operation_duration_seconds_count{method="POST",route="",state="finished",status="2xx"} 1',
  );
  timers.advance(2_000);
  expect(await value("operations_lost_total")).toBe("");
  await operations.drain(0);
  expect((await other.send("POST", "/", { Prefer: "processing" }, "x").response()).status).toBe(503);
  expect(await value("operations_refused_total")).toBe(
    'meanwhile_operations_refused_total{limit="draining"} 1',
  );
});

test("an operation whose client left, and to which nobody came back, is lost once it has ended", async () => {
  const registry = new Registry();
  const { handler, runs, go } = waiting();
  const { operations, connect } = await serve(handler, { metrics: registry });
  const sent = connect().send("POST", "/", key, "x");
  await runs;
  await sent.leave();
  const lost = async () =>
    (await registry.getSingleMetricAsString("meanwhile_operations_lost_total")).split("\n")[2];
  expect(await lost()).toBeUndefined();
  go();
  await operations.idle();
  await expect.poll(lost).toBe("meanwhile_operations_lost_total 1");
});

test("the log has an operation's begin and end, without the query, and the error of a handler", async () => {
  const lines: [string, string, Record<string, unknown>][] = [];
  const log =
    (level: string) =>
    (fields: Record<string, unknown>, message: string): void =>
      void lines.push([level, message, fields]);
  const { connect } = await serve(
    () => {
      throw new Error("boom");
    },
    {
      expects: "1m",
      logger: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
    },
  );
  expect((await connect().send("POST", "/a?b", {}, "x").response()).status).toBe(500);
  await expect.poll(() => lines.length).toBe(3);
  expect(lines.map(([level, message]) => `${level}: ${message}`)).toEqual([
    "debug: an operation began",
    "error: a handler failed: Error: boom",
    "info: an operation ended",
  ]);
  expect(lines[1]?.[2]["err"]).toMatchObject({ message: "boom" });
  expect(lines[2]?.[2]).toMatchObject({ method: "POST", path: "/a", state: "finished", status: 500 });
});
