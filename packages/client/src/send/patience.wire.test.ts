import { afterEach, describe, expect, test } from "vitest";
import { trusted } from "../../../interim/src/testing/certificates.ts";
import { manualTimers } from "../../../interim/src/testing/manual-timers.ts";
import { createRequester, type Requester } from "./requester.ts";
import type { SendOptions } from "./send.ts";
import { final, interim, serveRaw } from "./testing/raw-server.ts";
import { realTimers, type Timers } from "./waiting.ts";

const requesters: Requester[] = [];
afterEach(async () => {
  for (const requester of requesters.splice(0)) await requester.close();
});

function send(url: URL, options: SendOptions = {}, timers: Timers = realTimers): Promise<Response> {
  const made = createRequester({ environment: {}, tls: { ca: trusted.cert }, timers });
  requesters.push(made);
  return made.send(url, options);
}

describe.each([
  { when: "while the connection is set up", path: "https:", until: 0 },
  { when: "while the response is waited for", path: "http:", until: 1 },
])("aborting $when", ({ path }) => {
  test("rejects with the signal's reason, and closes the connection", async () => {
    await using server = await serveRaw();
    const abort = new AbortController();
    const sent = send(new URL(`${path}//${server.url.host}/`), { signal: abort.signal });
    const rejected = expect(sent).rejects.toBe("enough");
    const connection = await server.connection(0);
    abort.abort("enough");
    await rejected;
    await connection.closed;
  });
});

test("a signal that was aborted before sends nothing", async () => {
  await using server = await serveRaw();
  await expect(send(server.url, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
  expect(server.connections).toHaveLength(0);
});

test("aborting among interim responses ends them", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    for (let count = 0; count < 5; count += 1) connection.send(interim(102));
  });
  const abort = new AbortController();
  let told = 0;
  const onInterim = (): void => {
    told += 1;
    if (told === 3) abort.abort("enough");
  };
  await expect(send(server.url, { signal: abort.signal, onInterim })).rejects.toBe("enough");
  await server.connections[0]?.closed;
  expect(told).toBe(3);
});

test("aborting in the content fails its stream with the reason", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  const abort = new AbortController();
  const response = await send(server.url, { signal: abort.signal });
  const text = expect(response.text()).rejects.toBe("enough");
  abort.abort("enough");
  await text;
  await server.connections[0]?.closed;
});

test("aborting after the end changes nothing, and the connection serves on", async () => {
  await using server = await serveRaw(async (connection) => {
    for (let from = 0; ; from = connection.received.length) {
      await connection.until("\r\n\r\n", from);
      connection.send(final(200, "hi"));
    }
  });
  const requester = createRequester({ environment: {} });
  requesters.push(requester);
  const abort = new AbortController();
  const response = await requester.send(server.url, { signal: abort.signal });
  expect(await response.text()).toBe("hi");
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  abort.abort("late");
  expect(await (await requester.send(server.url)).text()).toBe("hi");
  expect(server.connections).toHaveLength(1);
});

test("idle: nothing is heard for that long, and the connection is closed", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    connection.send(interim(102));
  });
  await expect(send(server.url, { idleTimeoutMs: 400 })).rejects.toMatchObject({
    code: "idle",
    mayHaveArrived: true,
    interims: 1,
  });
  await server.connections[0]?.closed;
});

test("interim responses and bytes keep it going longer than the idle time", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    connection.send(interim(102));
  });
  const time = manualTimers();
  let interims = 0;
  const options: SendOptions = {
    idleTimeoutMs: 600,
    onInterim() {
      interims += 1;
      time.advance(500);
      server.connections[0]?.send(
        interims < 3 ? interim(102) : "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nx",
      );
    },
  };
  const response = await send(server.url, options, time);
  const reader = response.body?.getReader();
  for (let bytes = 0; bytes < 3; bytes += 1) {
    expect((await reader?.read())?.value?.length).toBe(1);
    time.advance(500);
    if (bytes < 2) server.connections[0]?.send("x");
  }
  expect((await reader?.read())?.done).toBe(true);
});

test("idle in the content fails its stream", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  const response = await send(server.url, { idleTimeoutMs: 400 });
  await expect(response.text()).rejects.toMatchObject({ name: "ConnectionError", code: "idle" });
});

test("timeout: not done by then, whatever comes", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    connection.send(interim(102));
  });
  const time = manualTimers();
  const options: SendOptions = {
    timeoutMs: 500,
    idleTimeoutMs: 10_000,
    onInterim() {
      time.advance(100);
      server.connections[0]?.send(interim(102));
    },
  };
  await expect(send(server.url, options, time)).rejects.toMatchObject({
    code: "timeout",
    mayHaveArrived: true,
    interims: 5,
  });
  await server.connections[0]?.closed;
});

test("timeout covers the setting up of the connection: then nothing arrived", async () => {
  await using server = await serveRaw();
  const url = new URL(`https://${server.url.host}/`);
  await expect(send(url, { timeoutMs: 60 })).rejects.toMatchObject({
    code: "timeout",
    mayHaveArrived: false,
  });
});
