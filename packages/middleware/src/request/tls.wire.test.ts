import { once } from "node:events";
import { connect, createSecureServer } from "node:http2";
import { request as requestHttp1 } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { createOperations } from "@meanwhile/operations";
import { expect, onTestFinished, test } from "vitest";
import { trusted } from "../../../interim/src/testing/certificates.ts";
import { processing } from "../node.ts";
import { uuid } from "../testing/adapter/adapter-scene.ts";

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly content: string;
}

type Send = (port: number, fields: Record<string, string>, content: string) => Promise<Answer>;

const overHttp1: Send = async (port, fields, content) => {
  const headers = { ...fields, Host: "api.example" };
  const sent = requestHttp1({
    port,
    host: "127.0.0.1",
    method: "POST",
    headers,
    ca: trusted.cert,
    servername: "localhost",
    agent: false,
  });
  sent.end(content);
  const [response] = await once(sent, "response");
  const { statusCode: status, headers: seen } = response;
  return { status, location: seen.location, content: String(await buffer(response)) };
};

const overHttp2: Send = async (port, fields, content) => {
  const session = connect(`https://127.0.0.1:${port}`, { ca: trusted.cert });
  const sent = session.request({ ...fields, ":method": "POST", ":authority": "api.example" });
  sent.end(content);
  const [seen] = await once(sent, "response");
  const whole = String(await buffer(sent));
  session.close();
  return { status: seen[":status"], location: seen.location, content: whole };
};

test.each([
  ["HTTP/1.1", overHttp1],
  ["HTTP/2", overHttp2],
] as const)("one server for both over TLS: %s has keys, 202s and uploads", async (_protocol, send) => {
  const operations = createOperations();
  const goes: (() => void)[] = [];
  let runs = 0;
  const listener = processing({ operations })(async (request, response) => {
    runs += 1;
    if (request.headers["prefer"]) await new Promise<void>((resolve) => goes.push(resolve));
    let length = 0;
    for await (const piece of request) length += piece.length;
    response.end(String(length));
  });
  const server = createSecureServer({ ...trusted, allowHTTP1: true }, listener).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const upload = "y".repeat(300_000);
  for (let count = 0; count < 2; count += 1) {
    expect(await send(port, { "Idempotency-Key": uuid }, upload)).toMatchObject({
      status: 200,
      content: "300000",
    });
  }
  expect(runs).toBe(1);
  expect(await send(port, {}, upload)).toMatchObject({ status: 200, content: "300000" });
  const accepted = await send(port, { Prefer: "respond-async" }, "x");
  expect([accepted.status, accepted.location]).toEqual([
    202,
    expect.stringMatching(/^https:\/\/api\.example\/\.meanwhile\/operations\/./),
  ]);
  for (const go of goes) go();
  await operations.idle();
});
