import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { finished } from "node:stream";
import { createOperations } from "@meanwhile/operations";
import { describe, expect, test } from "vitest";
import { manualTimers } from "../../../interim/src/testing/manual-timers.ts";
import { operationOf } from "../node.ts";
import type { ProcessingOptions } from "../request/options.ts";
import { uuid } from "../testing/adapter/adapter-scene.ts";
import { protocols, serveHandler } from "../testing/serve-handler.ts";

const key = { "Idempotency-Key": uuid };

/** A handler that is there, and goes on when it is let. */
function gate<Given extends readonly unknown[]>() {
  let come: (given: Given) => void = () => undefined;
  let go: () => void = () => undefined;
  const arrived = new Promise<Given>((resolve) => {
    come = resolve;
  });
  const opened = new Promise<void>((resolve) => {
    go = resolve;
  });
  return { arrived, opened, come: (...given: Given) => come(given), go: () => go() };
}

type Pair = [IncomingMessage, ServerResponse];

describe.each(protocols)("%s", (protocol) => {
  async function lost(method: string, options: ProcessingOptions, content?: string) {
    const timers = manualTimers();
    const operations = createOperations({ after: timers.after });
    const gates = [gate<Pair>(), gate<Pair>()] as const;
    let runs = 0;
    const connect = await serveHandler(
      protocol,
      operations,
      async (request, response) => {
        const at = gates[runs === 0 ? 0 : 1];
        runs += 1;
        at.come(request, response);
        await at.opened;
        response.end(`run ${runs}`);
      },
      { when: () => true, ...options },
    );
    const sent = connect().send(method, "/", key, content);
    const [request, response] = await gates[0].arrived;
    const heard: string[] = [];
    operationOf(response).signal.addEventListener("abort", () => heard.push("abort"));
    response.once("close", () => heard.push("response close"));
    let aborted = false;
    request.once("close", () => {
      aborted = request.aborted;
    });
    const gone = once(request, "close").then(() => heard.push("request close"));
    finished(request, () => heard.push("request finished"));
    return {
      sent,
      connect,
      operations,
      timers,
      heard,
      gates,
      runs: () => runs,
      aborted: () => aborted,
      response,
      gone,
    };
  }

  test.each<[string, ProcessingOptions["onClientGone"], boolean]>([
    ["POST", undefined, false],
    ["PUT", undefined, false],
    ["GET", undefined, true],
    ["POST", "abort", true],
    ["PUT", "abort", true],
    ["GET", "continue", false],
    ["POST", "continue", false],
  ])("%s with onClientGone %s: the handler is told to stop: %s", async (method, onClientGone, stops) => {
    const options = onClientGone === undefined ? {} : { onClientGone };
    const content = method === "GET" ? undefined : "content that nobody reads";
    const { sent, connect, operations, heard, gates, runs, aborted, gone } = await lost(
      method,
      options,
      content,
    );
    await sent.leave();
    await gone;
    // So that it means to `onRequestAbort` of Fastify what it does without us.
    expect(aborted()).toBe(true);
    expect(heard).toContain("request finished");
    expect(heard.filter((what) => !what.startsWith("request"))).toEqual(
      stops ? ["abort", "response close"] : [],
    );
    gates[0].go();
    await operations.idle();
    // It ended all the same: that is the answer.
    const again = await connect().send(method, "/", key, content).response();
    expect([again.content.toString(), runs()]).toEqual(["run 1", 1]);
  });

  test.each([
    ["PUT", 200, "run 2", 2],
    ["POST", 500, "interrupted", 1],
  ])(
    "%s that was told to stop and does not end in time is interrupted",
    async (method, status, text, expected) => {
      const { sent, connect, operations, timers, gates, runs, gone } = await lost(
        method,
        { onClientGone: "abort" },
        "x",
      );
      await sent.leave();
      await gone;
      timers.advance(60_000);
      await operations.idle();
      gates[1].go();
      const again = await connect().send(method, "/", key, "x").response();
      expect(again.status).toBe(status);
      expect(again.content.toString()).toContain(text);
      expect(runs()).toBe(expected);
    },
  );

  test.each([
    ["PUT", 200, 2],
    ["POST", 500, 1],
  ])("%s that was told to stop and breaks off is interrupted", async (method, status, expected) => {
    const { sent, connect, operations, gates, runs, gone, response } = await lost(
      method,
      { onClientGone: "abort" },
      "x",
    );
    await sent.leave();
    await gone;
    response.destroy(new Error("stopped"));
    await operations.idle();
    gates[1].go();
    expect((await connect().send(method, "/", key, "x").response()).status).toBe(status);
    expect(runs()).toBe(expected);
  });

  test("who waits with the same key keeps it going", async () => {
    const { sent, connect, operations, heard, gates, gone } = await lost(
      "POST",
      { onClientGone: "abort" },
      "x",
    );
    const other = connect().send("POST", "/", key, "x");
    const answer = other.response();
    const status = connect();
    for (let count = 0; count < 3; count += 1) await status.send("GET", "/.meanwhile/operations/").response();
    await sent.leave();
    await gone;
    expect(heard.filter((what) => !what.startsWith("request"))).toEqual([]);
    gates[0].go();
    expect((await answer).content.toString()).toBe("run 1");
    await operations.idle();
  });

  test.each([{}, key])("response.setTimeout calls back, and ends nothing (%o)", async (fields) => {
    const timers = manualTimers();
    const operations = createOperations({ after: timers.after });
    const at = gate<Pair>();
    const connect = await serveHandler(protocol, operations, async (request, response) => {
      at.come(request, response);
      await at.opened;
      response.end("done");
    });
    const sent = connect().send("POST", "/", { Prefer: "respond-async, wait=1000", ...fields }, "x");
    const [, response] = await at.arrived;
    let told = 0;
    response.setTimeout(5_000, () => {
      told += 1;
    });
    timers.advance(4_999);
    expect(told).toBe(0);
    timers.advance(1);
    expect(told).toBe(1);
    response.setTimeout(5_000);
    response.removeAllListeners("timeout");
    timers.advance(5_000);
    at.go();
    expect((await sent.response()).content.toString()).toBe("done");
  });
});

test("a timeout of the connection that was set before it became an operation calls back, too", async () => {
  const timers = manualTimers();
  const operations = createOperations({ after: timers.after });
  const at = gate<Pair>();
  const connect = await serveHandler("HTTP/1.1", operations, async (request, response) => {
    const told = new Promise<void>((resolve) => response.setTimeout(500, resolve));
    at.come(request, response);
    await told;
    response.end(response.socket?.constructor.name);
  });
  const sent = connect().send("POST", "/", {}, "x");
  await at.arrived;
  for (let count = 0; count < 2; count += 1) timers.advance(200);
  const answer = await sent.response();
  expect([answer.status, answer.content.toString()]).toEqual([200, "FacadeSocket"]);
});
