import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { openExchange } from "../exchange/open-exchange.ts";
import { createPacer, type Following } from "./pacer.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

test("on the real clock: 102s while the work goes on, none after the final response, and the budget holds", async () => {
  const pacer = createPacer();
  const followed: Following[] = [];
  const server = createServer((request, response) => {
    const exchange = openExchange(request, response);
    followed.push(
      pacer.follow(exchange, {
        allowance: { budget: 3, bytes: 3584, totalBytes: 10_000, profile: "test" },
        pacing: { afterMs: 20, everyMs: 20 },
        asked: false,
        progress: () => ({ done: 0, total: undefined }),
        fields: (sent) => ({ Progress: `${sent}/` }),
      }),
    );
    if (request.url === "/end") response.end("done");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1").setEncoding("latin1");
  cleanups.push(() => {
    socket.destroy();
    server.close();
    pacer.close();
  });
  let text = "";
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  for await (const chunk of socket) {
    text += chunk;
    if (text.includes("2/\r\n\r\n")) break;
  }
  const interim = (sent: number): string => `HTTP/1.1 102 Processing\r\nProgress: ${sent}/\r\n\r\n`;
  expect(text).toBe(interim(0) + interim(1) + interim(2));
  expect(followed[0]).toMatchObject({ sent: 3, budgetSpent: true });

  const other = connect(port, "127.0.0.1").setEncoding("latin1");
  cleanups.push(() => other.destroy());
  other.write("GET /end HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  let answer = "";
  for await (const chunk of other) answer += chunk;
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  // Its turn of the wheel finds that the final response has begun.
  while (pacer.size > 0) await new Promise(setImmediate);
  expect(answer).not.toContain("102");
});
