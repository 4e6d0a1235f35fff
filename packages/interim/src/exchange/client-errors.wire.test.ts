/** What stands behind a complete request on its connection does not take its answer away. */
import { once } from "node:events";
import {
  createServer,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, connect, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, expect, test } from "vitest";
import { answerClientErrors, answerClientErrorsBehind } from "./client-errors.ts";
import type { AnyRequest } from "./exchange.ts";
import { openExchange } from "./open-exchange.ts";

let server: Server;
let socket: Socket | undefined;
afterEach(async () => {
  socket?.destroy();
  server.closeAllConnections();
  server.close();
  if (server.listening) await once(server, "close");
});

/** Resolves when Node's parser has given a connection up; what listens to the server may hear of it later. */
let gaveUp: Promise<void>;

async function start(serve: RequestListener, options: ServerOptions = {}): Promise<void> {
  let tell = (): void => undefined;
  gaveUp = new Promise((resolve) => {
    tell = resolve;
  });
  server = createServer(options, serve).listen(0, "127.0.0.1");
  server.once("request", () => {
    const { emit } = server;
    server.emit = (event: string, ...given: unknown[]): boolean => {
      if (event === "clientError") tell();
      return Reflect.apply(emit, server, [event, ...given]);
    };
  });
  await once(server, "listening");
}

function dial(): Socket {
  const { port } = server.address() as AddressInfo;
  socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => undefined);
  return socket;
}

async function all(from: Socket): Promise<string> {
  let text = "";
  for await (const piece of from.setEncoding("latin1")) text += piece;
  return text;
}

const statuses = (text: string): readonly number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

const head = (method: string, fields = ""): string => `${method} /a HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;

const behind: readonly [name: string, bytes: string, statuses: readonly number[]][] = [
  ["malformed bytes", `${head("DELETE")}\0\x01 rubbish\r\n\r\n`, [204, 400]],
  ["more content than Content-Length says", `${head("PUT", "Content-Length: 2\r\n")}abcd`, [204, 400]],
  ["a field line that is none", `${head("DELETE")}GET / HTTP/1.1\r\nHost x\r\n\r\n`, [204, 400]],
  ["a head that is too large", `${head("DELETE")}${head("GET", `X: ${"x".repeat(20_000)}\r\n`)}`, [204, 431]],
  ["a method that the parser does not know", `${head("DELETE")}${head("BREW")}`, [204, 501]],
  ["a request although the connection closes", head("DELETE", "Connection: close\r\n") + head("GET"), [204]],
  ["two requests, and malformed bytes", `${head("DELETE")}${head("DELETE")}rubbish`, [204, 204, 400]],
  [
    "a request whose chunks are malformed",
    `${head("DELETE")}${head("PUT", "Transfer-Encoding: chunked\r\n")}5\r\nhelloXX\r\n`,
    [204, 400],
  ],
];
test.each(behind)("a request with %s behind it gets its own answer first", async (_name, bytes, expected) => {
  const waiting: ServerResponse[] = [];
  await start((request, response) => {
    openExchange(request, response);
    request.resume();
    waiting.push(response);
  });
  const client = dial();
  client.write(bytes, "latin1");
  await gaveUp;
  for (const response of waiting.filter(({ req }) => req.complete)) response.writeHead(204).end();
  const said = await all(client);
  expect(statuses(said)).toEqual(expected);
});

test("a client that has closed its side, too, gets both answers", async () => {
  let answer = (): void => undefined;
  await start((request, response) => {
    openExchange(request, response);
    answer = () => response.writeHead(204).end();
  });
  const client = dial();
  client.end(`${head("DELETE")}rubbish`);
  await gaveUp;
  await new Promise((resolve) => setImmediate(resolve));
  answer();
  expect(statuses(await all(client))[0]).toBe(204);
});

test("nothing is written into a response that has begun", async () => {
  let response: ServerResponse | undefined;
  await start((request, begun) => {
    openExchange(request, begun);
    response = begun;
    begun.writeHead(200, { "Content-Length": "4" }).write("ab");
  });
  const client = dial();
  client.write(`${head("GET")}rubbish`);
  await gaveUp;
  response?.end("cd");
  expect(await all(client)).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\n\r\nabcdHTTP\/1\.1 400 /);
});

test("a head that never ends does not take away the answer that is waited for before it", async () => {
  let answer = (): void => undefined;
  await start(
    (request, response) => {
      openExchange(request, response);
      answer = () => response.writeHead(204).end();
    },
    { headersTimeout: 20, connectionsCheckingInterval: 10 },
  );
  const client = dial();
  client.write(`${head("DELETE")}GET / HTTP/1.1\r\nHost:`);
  await gaveUp;
  answer();
  expect(statuses(await all(client))).toEqual([204, 408]);
});

test.each([
  ["ends the connection", (of: Duplex) => of.end("HTTP/1.1 418 I'm a teapot\r\n\r\n"), [204, 418]],
  ["destroys the connection", (of: Duplex) => of.destroy(), [204]],
] as const)(
  "a listener of the application that %s does so after the answers",
  async (_name, listener, expected) => {
    const waiting: ServerResponse[] = [];
    await start((request, response) => {
      openExchange(request, response);
      waiting.push(response);
    });
    let heard = 0;
    server.on("clientError", (_error, of) => {
      heard += 1;
      listener(of);
    });
    const client = dial();
    client.write(`${head("DELETE")}rubbish`);
    await gaveUp;
    expect(heard).toBe(0);
    waiting[0]?.writeHead(204).end();
    expect(statuses(await all(client))).toEqual(expected);
    expect(heard).toBe(1);
  },
);

test("a connection whose first bytes are malformed gets 400, and ends", async () => {
  await start(() => undefined);
  answerClientErrors(server);
  const client = dial();
  client.write("rubbish\r\n\r\n");
  const said = await all(client);
  expect(statuses(said)).toEqual([400]);
  expect(said).toMatch(/\r\nConnection: close\r\n/);
});

test("the refusal has the content that the options give it, and is told with the client's address", async () => {
  const told: unknown[] = [];
  server = createServer().listen(0, "127.0.0.1");
  answerClientErrors(server, {
    content: ({ status }) => ({ type: "text/plain", text: `refused: ${status}\n` }),
    told: (refusal) => void told.push(refusal),
  });
  // A second call changes nothing: one refusal is sent.
  answerClientErrors(server);
  await once(server, "listening");
  const client = dial();
  client.write("rubbish\r\n\r\n");
  const said = await all(client);
  expect(statuses(said)).toEqual([400]);
  expect(said).toMatch(/Content-Type: text\/plain\r\nContent-Length: 13\r\n\r\nrefused: 400\n$/);
  expect(told).toEqual([expect.objectContaining({ status: 400, address: "127.0.0.1" })]);
});

test("a server that answers malformed requests itself is left to it", async () => {
  server = createServer().listen(0, "127.0.0.1");
  server.on("clientError", (_error, raw) => raw.end("HTTP/1.1 418 Own\r\n\r\n"));
  answerClientErrors(server);
  await once(server, "listening");
  const client = dial();
  client.write("rubbish\r\n\r\n");
  expect(statuses(await all(client))).toEqual([418]);
});

test("of a connection that has failed nothing is told, and it is ended", async () => {
  const told: unknown[] = [];
  await start((_request, response) => void response.end());
  answerClientErrors(server, { told: (refusal) => told.push(refusal) });
  const dead = new Socket();
  dead.on("error", () => undefined).destroy();
  server.emit("clientError", new Error("read ECONNRESET"), dead);
  const halfGone = new Socket().on("error", () => undefined);
  halfGone.end();
  server.emit("clientError", new Error("read ECONNRESET"), halfGone);
  expect([told, dead.destroyed, halfGone.destroyed]).toEqual([[], true, true]);
});

test.each([{ httpVersionMajor: 1 }, { httpVersionMajor: 1, socket: {} }, { httpVersionMajor: 2 }])(
  "a request that came by no server of HTTP/1.1 is let be: %j",
  async (injected) => {
    await start((_request, response) => void response.end());
    expect(() => answerClientErrorsBehind(injected as AnyRequest)).not.toThrow();
    expect(server.listenerCount("clientError")).toBe(0);
  },
);
