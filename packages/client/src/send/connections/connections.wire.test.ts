/** How connections are used again, and how they are not. */
import { afterEach, describe, expect, test } from "vitest";
import { createRequester, type Requester } from "../requester.ts";
import { final, interim, type RawConnection, serveRaw } from "../testing/raw-server.ts";
import { settled, standsStill } from "../testing/settled.ts";
import { realTimers } from "../waiting.ts";
import type { RequesterOptions } from "./origin.ts";

const requesters: Requester[] = [];
afterEach(async () => {
  for (const requester of requesters.splice(0)) await requester.close();
});

function requester(options: RequesterOptions = {}): Requester {
  const made = createRequester({ environment: {}, ...options });
  requesters.push(made);
  return made;
}

/** Answers each request on a connection. */
async function answerAll(connection: RawConnection, answer: string): Promise<void> {
  for (let from = 0; ; from = connection.received.length) {
    await connection.until("\r\n\r\n", from);
    connection.send(answer);
  }
}

describe("a connection that the server closes just when it is used again (RFC 9112 §9.3.1)", () => {
  const closingAtSecond = async (connection: RawConnection, number: number): Promise<void> => {
    await connection.until();
    connection.send(final(200, "hi"));
    if (number > 0) return;
    await connection.until("\r\n\r\n", connection.received.length);
    connection.socket.resetAndDestroy();
  };

  test.each(["GET", "PROPFIND", "OPTIONS"])("%s is sent again", async (method) => {
    await using server = await serveRaw(closingAtSecond);
    const { send } = requester();
    await (await send(server.url)).text();
    expect(await (await send(server.url, { method })).text()).toBe("hi");
    expect(server.connections).toHaveLength(2);
  });

  test.each(["POST", "PUT", "DELETE", "MOVE"])("%s is not: it may have arrived", async (method) => {
    await using server = await serveRaw(closingAtSecond);
    const { send } = requester();
    await (await send(server.url)).text();
    await expect(send(server.url, { method })).rejects.toMatchObject({ code: "lost", mayHaveArrived: true });
    expect(server.connections).toHaveLength(1);
  });

  test("GET is not, once there was an interim response", async () => {
    await using server = await serveRaw(async (connection) => {
      await connection.until();
      connection.send(final(200, "hi"));
      await connection.until("\r\n\r\n", connection.received.length);
      connection.send(interim(102));
      connection.socket.end();
    });
    const { send } = requester();
    await (await send(server.url)).text();
    await expect(send(server.url)).rejects.toMatchObject({ code: "lost", interims: 1 });
    expect(server.connections).toHaveLength(1);
  });

  test("GET is not repeated on a connection of its own: a server that always closes is asked once", async () => {
    await using server = await serveRaw(async (connection) => {
      await connection.until();
      connection.socket.destroy();
    });
    await expect(requester().send(server.url)).rejects.toMatchObject({ code: "lost" });
    expect(server.connections).toHaveLength(1);
  });
});

test("an unsafe request does not go over a connection that has rested for more than a second", async () => {
  await using server = await serveRaw((connection) => answerAll(connection, final(200, "hi")));
  let now = 0;
  const { send } = requester({ timers: { ...realTimers, now: () => now } });
  await (await send(server.url)).text();
  await settled();
  await (await send(server.url, { method: "POST" })).text();
  expect(server.connections).toHaveLength(1);
  await settled();
  now = 1001;
  await (await send(server.url)).text();
  expect(server.connections).toHaveLength(1);
  await settled();
  now = 2003;
  await (await send(server.url, { method: "POST" })).text();
  expect(server.connections).toHaveLength(2);
});

test("what comes on an idle connection is no answer to the next request (RFC 9112 §9.2)", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    connection.send(final(200, "right"));
  });
  const { send } = requester();
  expect(await (await send(server.url)).text()).toBe("right");
  server.connections[0]?.send(final(200, "wrong"));
  await server.connections[0]?.closed;
  expect(await (await send(server.url)).text()).toBe("right");
  expect(server.connections).toHaveLength(2);
});

test.each([
  ["a second response", final(200, "wrong")],
  ["an interim response after the final one", interim(102)],
])("%s in the same breath closes the connection", async (_what, bytes) => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    connection.send(final(200, "right") + bytes);
  });
  const { send } = requester();
  expect(await (await send(server.url)).text()).toBe("right");
  await server.connections[0]?.closed;
  expect(await (await send(server.url)).text()).toBe("right");
});

test("an idle connection is closed after its time, or before the server's own is over", async () => {
  await using server = await serveRaw((connection, number) =>
    answerAll(connection, final(200, "hi", ...(number === 1 ? ["Keep-Alive: timeout=1"] : []))),
  );
  const { send } = requester({ idleConnectionMs: 50 });
  await (await send(server.url)).text();
  await server.connections[0]?.closed;
  await (await requester().send(server.url)).text();
  await server.connections[1]?.closed;
});

test("a body that is cancelled frees its connection, and so does one that is small and not read", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    if (connection.received.startsWith("GET /endless")) {
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      const chunk = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(65_536), Buffer.from("\r\n")]);
      const more = (): void => {
        while (connection.socket.writable && connection.socket.write(chunk));
      };
      connection.socket.on("drain", more);
      more();
    } else await answerAll(connection, final(200, "small"));
  });
  const { send } = requester();
  const endless = await send(new URL("/endless", server.url));
  const reader = endless.body?.getReader();
  expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
  await reader?.cancel();
  await server.connections[0]?.closed;
  await send(server.url);
  await settled();
  expect(await (await send(server.url)).text()).toBe("small");
  expect(server.connections).toHaveLength(2);
});

test("a large body that nobody reads is not read ahead", async () => {
  let written = 0;
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
    const chunk = Buffer.alloc(65_536);
    const more = (): void => {
      while (connection.socket.writable && written < 900_000_000 && connection.socket.write(chunk))
        written += 65_536;
    };
    connection.socket.on("drain", more);
    more();
  });
  const response = await requester().send(server.url);
  await standsStill(() => written);
  // What the sockets of both sides hold, and a little more.
  expect(written).toBeLessThan(32_000_000);
  await response.body?.cancel();
});

test("after close nothing is sent any more, idle connections are closed, and what runs goes on", async () => {
  let go = (): void => {};
  const released = new Promise<void>((resolve) => {
    go = resolve;
  });
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    if (connection.received.startsWith("GET /slow")) await released;
    connection.send(final(200, "done"));
  });
  const { send, close } = requester();
  const slow = send(new URL("/slow", server.url));
  await (await server.connection(0)).until();
  await (await send(server.url)).text();
  await close();
  await server.connections[1]?.closed;
  await expect(send(server.url)).rejects.toMatchObject({ code: "ERR_REQUESTER_CLOSED" });
  go();
  expect(await (await slow).text()).toBe("done");
  await server.connections[0]?.closed;
});

test("idle connections do not keep the process alive", async () => {
  await using server = await serveRaw((connection) => answerAll(connection, final(200, "hi")));
  const { send } = requester();
  await (await send(server.url)).text();
  await settled();
  // Of the ends of the connection only the server's counts; what is told here is what keeps the process alive.
  expect(process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap")).toHaveLength(1);
  const running = send(server.url);
  await settled();
  expect(await (await running).text()).toBe("hi");
  expect(server.connections).toHaveLength(1);
});
