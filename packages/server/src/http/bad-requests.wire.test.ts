/** Bytes that no client should send: each has its exact answer, and the server lives on. */
import { parsePath } from "@meanwhile/dav";
import { afterEach, expect, test } from "vitest";
import { type Served, serve } from "../testing/own/serve-fixture.ts";
import { plant, snapshot } from "../testing/tree/tree-fixture.ts";

const servers: Served[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const host = "Host: files.example\r\n";
const bad: readonly [name: string, bytes: string, status: number][] = [
  ["no Host (RFC 9112 §3.2)", "DELETE /doc HTTP/1.1\r\n\r\n", 400],
  ["no request line", "\x00\x01\x02\r\n\r\n", 400],
  ["a method that Node's parser does not know", `BREW /doc HTTP/1.1\r\n${host}\r\n`, 501],
  ["another one, which begins as one that it knows", `VERSION-CONTROL /doc HTTP/1.1\r\n${host}\r\n`, 501],
  ["a method that is no token", `FR(OB /doc HTTP/1.1\r\n${host}\r\n`, 400],
  ["a version that is not spoken here", `DELETE /doc HTTP/4.0\r\n${host}\r\n`, 400],
  ["a length that is none", `PUT /doc HTTP/1.1\r\n${host}Content-Length: many\r\n\r\n`, 400],
  [
    "two lengths (RFC 9112 §6.3)",
    `PUT /doc HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx`,
    400,
  ],
  [
    "a length and a coding (RFC 9112 §6.1)",
    `PUT /doc HTTP/1.1\r\n${host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
    400,
  ],
  ...["DELETE", "PUT", "GET", "PROPFIND", "OPTIONS", "LOCK", "MKCOL"].map((method): (typeof bad)[number] => [
    `a transfer coding that is not known, of ${method} (RFC 9112 §6.1)`,
    `${method} /doc HTTP/1.1\r\n${host}Transfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
    501,
  ]),
  [
    "the same in two lines",
    `PUT /doc HTTP/1.1\r\n${host}Transfer-Encoding: gzip\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
    501,
  ],
  [
    "a transfer coding with parameters",
    `PUT /doc HTTP/1.1\r\n${host}Transfer-Encoding: x;a=b, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
    501,
  ],
  [
    "identity and chunked (RFC 9112 §6.1)",
    `PUT /doc HTTP/1.1\r\n${host}Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
    400,
  ],
  [
    "chunked twice",
    `PUT /doc HTTP/1.1\r\n${host}Transfer-Encoding: chunked, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
    400,
  ],
  [
    "a transfer coding that does not end the content (RFC 9112 §6.3)",
    `PUT /doc HTTP/1.1\r\n${host}Transfer-Encoding: gzip\r\n\r\nx`,
    400,
  ],
  [
    "a transfer coding in HTTP/1.0 (RFC 9112 §6.1)",
    "PUT /doc HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    400,
  ],
  ["white space before a colon (RFC 9112 §5.1)", `DELETE /doc HTTP/1.1\r\n${host}Depth : 0\r\n\r\n`, 400],
  [
    "an expectation that nobody knows (RFC 9110 §10.1.1)",
    `PUT /doc HTTP/1.1\r\n${host}Expect: wonders\r\nContent-Length: 0\r\n\r\n`,
    417,
  ],
  ["dot segments", `DELETE /col/../doc HTTP/1.1\r\n${host}\r\n`, 400],
  ["encoded dot segments", `DELETE /col/%2e%2e/doc HTTP/1.1\r\n${host}\r\n`, 400],
  ["an encoded slash", `DELETE /col%2fmember HTTP/1.1\r\n${host}\r\n`, 400],
  ["NUL", `DELETE /doc%00 HTTP/1.1\r\n${host}\r\n`, 400],
  ["bytes that are no UTF-8", `DELETE /%c3%28 HTTP/1.1\r\n${host}\r\n`, 400],
  ["half an escape", `DELETE /doc%2 HTTP/1.1\r\n${host}\r\n`, 400],
  ["the asterisk for a method that has none", `DELETE * HTTP/1.1\r\n${host}\r\n`, 400],
  ["a scheme that is not ours", `DELETE ftp://files.example/doc HTTP/1.1\r\n${host}\r\n`, 400],
  ["header fields without end", `DELETE /doc HTTP/1.1\r\n${host}X: ${"x".repeat(20_000)}\r\n\r\n`, 431],
];
test.each(bad)("%s", async (_name, bytes, status) => {
  const server = await serve();
  servers.push(server);
  await plant(server.tree, "/doc", "/col/", "/col/member");
  const before = await snapshot(server.tree, parsePath("/"));
  const client = server.dial();
  client.send(Buffer.from(bytes, "latin1"));
  expect((await client.response()).status).toBe(status);
  expect(await snapshot(server.tree, parsePath("/"))).toEqual(before);
  expect((await server.ask("OPTIONS", "/doc")).status).toBe(200);
});
