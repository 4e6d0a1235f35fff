/** Uploads that are refused half-way: their clients read why, though they still send. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Served, serve } from "../testing/own/serve-fixture.ts";

const megabyte = 1024 * 1024;
const refused =
  "PUT /missing/document HTTP/1.1\r\nHost: files.example\r\nX-Test-Principal: ann\r\nTransfer-Encoding: chunked\r\n\r\n";
const chunk = `100000\r\n${"a".repeat(megabyte)}\r\n`;

let server: Served;
const sockets: Socket[] = [];

beforeEach(async () => {
  server = await serve();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
});

/** A client that does not read before it is told to. */
async function dial(): Promise<Socket> {
  const socket = connect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true });
  sockets.push(socket);
  socket.on("error", () => undefined);
  socket.pause();
  await once(socket, "connect");
  return socket;
}

async function write(socket: Socket, bytes: string): Promise<void> {
  await new Promise((resolve) => socket.write(bytes, resolve));
}

async function readAll(socket: Socket): Promise<string> {
  let text = "";
  for await (const piece of socket.setEncoding("latin1")) text += piece;
  return text;
}

test("a client that sends all of its upload before it reads gets the answer, and no reset", async () => {
  const socket = await dial();
  await write(socket, refused + chunk);
  await server.logged(1);
  for (let sent = 0; sent < 20; sent += 1) await write(socket, chunk);
  socket.end("0\r\n\r\n");
  const answer = await readAll(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 409 /);
  expect(answer).toMatch(/\r\nConnection: close\r\n/i);
  expect(answer).toMatch(/<\/D:error>\s*$/);
});

test("what follows the refused request on its connection is not taken for another (RFC 9112 §9.6)", async () => {
  const socket = await dial();
  await write(socket, refused + chunk);
  await server.logged(1);
  await write(socket, "0\r\n\r\nDELETE / HTTP/1.1\r\nHost: files.example\r\nX-Test-Principal: ann\r\n\r\n");
  socket.end();
  expect((await readAll(socket)).match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(server.log).toHaveLength(1);
  expect(server.log[0]?.status).toBe(409);
});
