import { getRequestListener } from "@hono/node-server";
import { openExchange } from "@meanwhile/interim";
import { createOperations } from "@meanwhile/operations";
import express from "express";
import { Hono } from "hono";
import { describe, expect, onTestFinished, test } from "vitest";
import { manualTimers } from "../../../interim/src/testing/manual-timers.ts";
import { sendAnswer } from "../answers/send-answer.ts";
import { processing as forExpress } from "../express.ts";
import { processing as forHono, type HonoEnvironment } from "../hono.ts";
import { alice, documentPath, uuid } from "../testing/adapter/adapter-scene.ts";
import { listen } from "../testing/adapter/node-app.ts";
import { field, http1Client, type TestClient } from "../testing/raw-client.ts";
import { protocols, serveHandler } from "../testing/serve-handler.ts";

async function client(listener: unknown): Promise<TestClient> {
  const served = await listen("HTTP/1.1", listener);
  const connected = http1Client(served.port);
  onTestFinished(async () => {
    connected.close();
    await served.close();
  });
  return connected;
}

describe.each(protocols)("%s", (protocol) => {
  test("all trailers of one name are passed on (RFC 9110 §6.5)", async () => {
    const connect = await serveHandler(protocol, createOperations(), (_request, response) => {
      response.writeHead(200, { Trailer: "X-Sum, X-Other" });
      response.write("content");
      response.addTrailers([
        ["X-Sum", "1"],
        ["X-Other", "a"],
        ["X-Sum", "2"],
      ]);
      response.end();
    });
    const seen = await connect().send("POST", "/", { "Idempotency-Key": uuid }, "x").response();
    const values = (name: string) =>
      seen.trailers.filter(([has]) => has.toLowerCase() === name).map(([, value]) => value);
    expect([values("x-sum").join(", "), values("x-other").join(", ")]).toEqual(["1, 2", "a"]);
  });

  test.each([
    ["return=minimal", 0],
    ["handling=lenient", 0],
    ["wait=10", 0],
    ["respond-async", 1],
    ["processing", 1],
    ["return=minimal, respond-async", 1],
  ])("Prefer: %s makes %i operations of a request that is answered at once", async (prefer, expected) => {
    const operations = createOperations();
    let seen = -1;
    const connect = await serveHandler(protocol, operations, (_request, response) => {
      seen = operations.open;
      response.end("done");
    });
    await connect().send("POST", "/", { Prefer: prefer }, "x").response();
    expect(seen).toBe(expected);
  });
});

/** As helmet, cors, and a session have set them before. */
const before: Readonly<Record<string, string>> = {
  "Content-Security-Policy": "default-src 'self'",
  "Content-Security-Policy-Report-Only": "default-src 'none'",
  "Access-Control-Allow-Origin": "https://app.example",
  "Cross-Origin-Resource-Policy": "same-origin",
};
const ofContent = { "Content-Type": "text/x-before", "Content-Language": "de", ETag: '"before"' };

test.each(["Express", "Hono"])(
  "fields that %s's own middleware set before are on a 202",
  async (framework) => {
    const timers = manualTimers();
    const operations = createOperations({ after: timers.after });
    let arrive = (): void => undefined;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const never = new Promise<never>(() => undefined);
    let listener: unknown;
    if (framework === "Express") {
      const app = express();
      app.use((_request, response, next) => {
        response
          .set({ ...before, ...ofContent })
          .cookie("a", "1")
          .cookie("b", "2");
        next();
      });
      app.use(forExpress({ operations }));
      app.post("/", arrive);
      listener = app;
    } else {
      const app = new Hono<HonoEnvironment>();
      app.use(async (c, next) => {
        for (const [name, value] of Object.entries(before)) c.header(name, value);
        for (const cookie of ["a=1; Path=/", "b=2; Path=/"]) c.header("Set-Cookie", cookie, { append: true });
        await next();
      });
      app.use(forHono({ operations }));
      app.post("/", () => {
        arrive();
        return never;
      });
      listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
    }
    const connected = await client(listener);
    const asks = connected.send("POST", "/", { Prefer: "respond-async, wait=0", ...alice }, "x");
    await arrived;
    timers.advance(1);
    const accepted = await asks.response();
    expect(accepted.status).toBe(202);
    for (const [name, value] of Object.entries(before))
      expect(field(accepted, name.toLowerCase())).toBe(value);
    expect(accepted.fields.filter(([name]) => name === "set-cookie").map(([, value]) => value)).toEqual([
      "a=1; Path=/",
      "b=2; Path=/",
    ]);
    expect(field(accepted, "content-type")).toBe("application/json");
    expect([field(accepted, "etag"), field(accepted, "content-language")]).toEqual([undefined, undefined]);
    const page = await connected
      .send("GET", documentPath(accepted), { ...alice, Accept: "text/html" })
      .response();
    expect(field(page, "content-security-policy")).toMatch(/script-src/);
  },
);

test("an answer with a field that cannot be sent rejects nothing, and breaks off", async () => {
  let sent: Promise<void> | undefined;
  const connected = await client((request: never, response: never) => {
    sent = sendAnswer(openExchange(request, response), {
      status: 200,
      fields: { "X-A": "a\nb" },
      content: "",
    });
  });
  await expect(connected.send("GET", "/").response()).rejects.toThrow();
  await expect(sent).resolves.toBeUndefined();
});
