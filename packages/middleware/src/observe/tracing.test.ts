import { expect, test } from "vitest";
import { findTelemetry } from "./tracing.ts";

const failing = (error: unknown) => () => Promise.reject(error);

function missing(name: string): Error {
  return Object.assign(new Error(`Cannot find package '${name}' imported from /app/tracing.js`), {
    code: "ERR_MODULE_NOT_FOUND",
  });
}

test("a service without OpenTelemetry has none", async () => {
  expect(await findTelemetry(failing(missing("@opentelemetry/api")))).toBeUndefined();
});

test("a module of that name without the API is taken for none", async () => {
  expect(await findTelemetry(async () => ({ trace: {} }))).toBeUndefined();
});

test("one that is installed and broken is told of", async () => {
  const broken = missing("tslib");
  await expect(findTelemetry(failing(broken))).rejects.toBe(broken);
  await expect(findTelemetry(failing(undefined))).rejects.toBeUndefined();
});

test("the API as it is installed here has what is used of it", async () => {
  const api = await findTelemetry();
  const tracer = api?.trace.getTracer("test");
  const span = tracer?.startSpan("span", { startTime: 0, attributes: {} }, api?.context.active() ?? {});
  expect(span?.addEvent("event")).toBe(span);
});
