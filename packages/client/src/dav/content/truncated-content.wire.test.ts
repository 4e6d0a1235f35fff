/** Content of which the connection's end is the only end that it has (RFC 9112 §6.3). */
import { afterEach, expect, test } from "vitest";
import { createClient } from "../../create-client.ts";
import { type RawServer, serveRaw } from "../../send/testing/raw-server.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const listing = (length: number): string => {
  const document =
    '<D:multistatus xmlns:D="DAV:"><D:response><D:href>/a</D:href><D:propstat><D:prop><D:resourcetype/>' +
    `<D:getcontentlength>${length}</D:getcontentlength></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>`;
  return `HTTP/1.1 207 X\r\nContent-Length: ${document.length}\r\n\r\n${document}`;
};

/** Each answer ends with its connection. */
async function serving(answers: Readonly<Record<string, string>>): Promise<RawServer> {
  const server = await serveRaw(async (connection) => {
    await connection.until();
    const method = connection.received.slice(0, connection.received.indexOf(" "));
    const isRange = /^range:/im.test(connection.received);
    connection.send(answers[isRange ? "range" : method] ?? "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n");
    connection.socket.end();
  });
  closing.push(async () => server[Symbol.asyncDispose]());
  return server;
}

async function got(
  answers: Readonly<Record<string, string>>,
  range?: { start: number; end?: number },
): Promise<string> {
  const server = await serving(answers);
  const client = createClient(server.url, {
    environment: {},
    surroundings: { now: () => 0, sleep: async () => undefined, random: () => 0.5, newKey: () => "key" },
  });
  closing.push(() => client.close());
  const { content } = await client.get("a", range === undefined ? {} : { range });
  return new Response(content).text();
}

const short = "HTTP/1.1 200 OK\r\n\r\n012";
const none = "HTTP/1.1 405 X\r\nContent-Length: 0\r\n\r\n";

test.each<[string, Readonly<Record<string, string>>]>([
  ["HTTP/1.1", { GET: short, PROPFIND: listing(5) }],
  ["HTTP/1.0", { GET: short.replace("1.1", "1.0"), PROPFIND: listing(5) }],
  [
    "a connection that says it will be closed",
    { GET: short.replace("OK", "OK\r\nConnection: close"), PROPFIND: listing(5) },
  ],
  ["nothing at all came", { GET: short.replace("012", ""), PROPFIND: listing(5) }],
])("3 of the 5 bytes that are listed are lost, not whole: %s", async (_what, answers) => {
  await expect(got(answers)).rejects.toMatchObject({ name: "ConnectionError", code: "lost" });
});

test("they are gone on with where there is a strong entity tag", async () => {
  const rest = 'HTTP/1.1 206 X\r\nETag: "1"\r\nContent-Range: bytes 3-4/5\r\nContent-Length: 2\r\n\r\n34';
  const answers = { GET: short.replace("OK", 'OK\r\nETag: "1"'), PROPFIND: listing(5), range: rest };
  expect(await got(answers)).toBe("01234");
});

test.each<[string, Readonly<Record<string, string>>]>([
  ["the listing has as many", { GET: short, PROPFIND: listing(3) }],
  ["the listing has fewer: it is of before", { GET: short, PROPFIND: listing(2) }],
  ["there is no listing", { GET: short, PROPFIND: none }],
  [
    "the chunks have an end: the server changes what it gives",
    {
      GET: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n012\r\n0\r\n\r\n",
      PROPFIND: listing(5),
    },
  ],
  ["it says its length", { GET: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n012", PROPFIND: listing(5) }],
])("it is whole where %s", async (_what, answers) => {
  expect(await got(answers)).toBe("012");
});

test("a range that the server does not heed is measured, too", async () => {
  const answers = { GET: short, range: short, PROPFIND: listing(5) };
  await expect(got(answers, { start: 1, end: 3 })).rejects.toMatchObject({ code: "lost" });
  expect(await got({ ...answers, PROPFIND: listing(3) }, { start: 1, end: 3 })).toBe("12");
});
