/** What no HTTP/2 library sends: frames by hand. */
import { afterEach, expect, test } from "vitest";
import { frame, literals } from "../../../../interim/src/testing/http2-frames.ts";
import { createRequester, type Requester } from "../requester.ts";
import { type RawConnection, type RawServer, serveRaw } from "../testing/raw-server.ts";

const requesters: Requester[] = [];
afterEach(async () => {
  for (const requester of requesters.splice(0)) await requester.close();
});

function send(url: URL, options: Parameters<Requester["send"]>[1] = {}): Promise<Response> {
  const made = createRequester({ environment: {}, http2: "prior-knowledge" });
  requesters.push(made);
  return made.send(url, options);
}

const settings = frame(4, 0, 0, new Uint8Array());
const endStream = 1;
const endHeaders = 4;

function head(flags: number, fields: Readonly<Record<string, string>>, stream = 1): Uint8Array {
  return frame(1, flags | endHeaders, stream, literals(fields));
}

function content(flags: number, text: string): Uint8Array {
  return frame(0, flags, 1, Buffer.from(text));
}

/** Answers the first request with these frames. */
function answering(...frames: readonly Uint8Array[]): Promise<RawServer> {
  return serveRaw(async (connection: RawConnection) => {
    connection.send(settings);
    // The preface and the client's SETTINGS; then its HEADERS, of which ":path" cannot be read, but the end can.
    await connection.until("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    await connection.until("\0\0\0\x01", 50);
    for (const one of frames) connection.send(one);
  });
}

test("interim responses and the final one (RFC 9113 §8.1)", async () => {
  await using server = await answering(
    head(0, { ":status": "102", progress: "1/2" }),
    head(0, { ":status": "200" }),
    content(endStream, "hi"),
  );
  const told: (string | null)[] = [];
  const response = await send(server.url, { onInterim: ({ headers }) => told.push(headers.get("progress")) });
  expect(await response.text()).toBe("hi");
  expect(told).toEqual(["1/2"]);
});

test.each([
  ["ends the stream (RFC 9113 §8.1)", [head(endStream, { ":status": "102" })]],
  ["has a Content-Length (RFC 9110 §8.6)", [head(0, { ":status": "102", "content-length": "5" })]],
  ["has no status", [head(0, { progress: "1/2" })]],
  ["has a connection's field (RFC 9113 §8.2.2)", [head(0, { ":status": "102", connection: "close" })]],
  ["has a status that is none", [head(0, { ":status": "1x2" })]],
  ["is 101 (RFC 9113 §8.6)", [head(0, { ":status": "101" })]],
])("an interim response that %s is malformed", async (_what, frames) => {
  await using server = await answering(...frames);
  await expect(send(server.url, { method: "POST", content: "x" })).rejects.toMatchObject({
    name: "ConnectionError",
    code: "malformed",
    mayHaveArrived: true,
  });
});

test("an interim response after the final head is malformed", async () => {
  await using server = await answering(
    head(0, { ":status": "200" }),
    content(0, "h"),
    head(0, { ":status": "102" }),
    content(endStream, "i"),
  );
  const response = await send(server.url);
  await expect(response.text()).rejects.toMatchObject({ name: "ConnectionError", code: "malformed" });
});

test("GOAWAY that excludes the request: it is sent again elsewhere, whatever its method (RFC 9113 §6.8)", async () => {
  await using server = await serveRaw(async (connection, number) => {
    connection.send(settings);
    await connection.until("\0\0\0\x01", 50);
    if (number === 0) connection.send(frame(7, 0, 0, Buffer.alloc(8)));
    else connection.send(head(endStream, { ":status": "204" }));
  });
  const response = await send(server.url, { method: "POST", content: "x" });
  expect(response.status).toBe(204);
  expect(server.connections).toHaveLength(2);
});

test("HTTP_1_1_REQUIRED: it is sent again in HTTP/1.1 (RFC 9113 §7)", async () => {
  await using server = await serveRaw(async (connection, number) => {
    if (number === 0) {
      connection.send(settings);
      await connection.until("\0\0\0\x01", 50);
      connection.send(frame(3, 0, 1, Buffer.from([0, 0, 0, 13])));
    } else {
      await connection.until();
      connection.send("HTTP/1.1 204 No Content\r\n\r\n");
    }
  });
  const response = await send(server.url, { method: "POST", content: "x" });
  expect(response.status).toBe(204);
  expect(server.connections[1]?.received).toMatch(/^POST \/ HTTP\/1\.1\r\n/);
});

test("a server that speaks something else is told from one that does HTTP/2", async () => {
  await using server = await serveRaw((connection) => connection.send("HTTP/1.1 400 Bad Request\r\n\r\n"));
  await expect(send(server.url)).rejects.toMatchObject({ name: "ConnectionError", mayHaveArrived: false });
});
