/** Malformed bytes behind a request take no answer away, whether or not the request is an operation. */
import { once } from "node:events";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import express from "express";
import Koa from "koa";
import { expect, onTestFinished, test } from "vitest";
import { processing as ofExpress } from "../express.ts";
import { processing as ofKoa } from "../koa.ts";
import { processing as ofNode } from "../node.ts";

type Answer = (response: ServerResponse) => void;

const services: Readonly<Record<string, (answer: Answer) => RequestListener>> = {
  "node:http": (answer) => ofNode()((_request, response) => answer(response)),
  Express: (answer) => {
    const app = express().use(ofExpress());
    return app.use((_request, response) => answer(response));
  },
  Koa: (answer) => {
    const app = new Koa().use(ofKoa());
    app.use(async (context) => {
      context.status = 204;
      await new Promise<void>((resolve) => {
        answer({ end: resolve } as unknown as ServerResponse);
      });
    });
    return app.callback() as RequestListener;
  },
};
const requests: readonly [name: string, head: string][] = [
  ["an ordinary request", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["one that may become an operation", "DELETE / HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["an operation", "DELETE / HTTP/1.1\r\nHost: x\r\nPrefer: processing\r\n\r\n"],
  ["a request without key, with content", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab"],
];
const rows = Object.entries(services).flatMap(([name, service]) =>
  requests.map(([request, head]) => ({ name, request, service, head })),
);

test.each(rows)("$name: $request", async ({ service, head }) => {
  let begun: (response: ServerResponse) => void = () => undefined;
  const handled = new Promise<ServerResponse>((resolve) => {
    begun = resolve;
  });
  const server: Server = createServer(service(begun)).listen(0, "127.0.0.1");
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  onTestFinished(() => void client.destroy());
  client.write(`${head}rubbish\r\n\r\n`);
  // The server gives up on the connection before its handler answers.
  const [response] = await Promise.all([handled, once(server, "clientError")]);
  response.statusCode = 204;
  response.end();
  let said = "";
  for await (const piece of client.setEncoding("latin1")) said += piece;
  expect([...said.matchAll(/HTTP\/1\.1 ([2-5]\d\d) /g)].map(([, status]) => status)).toEqual(["204", "400"]);
});
