import { afterEach, expect, test } from "vitest";
import { trusted } from "../../../interim/src/testing/certificates.ts";
import type { RequesterOptions } from "./connections/origin.ts";
import { createRequester, type Requester } from "./requester.ts";
import type { InterimResponse } from "./send.ts";
import { final, interim, serveRaw } from "./testing/raw-server.ts";

const requesters: Requester[] = [];
afterEach(async () => {
  for (const requester of requesters.splice(0)) await requester.close();
});

function requester(options: RequesterOptions = {}): Requester {
  const made = createRequester({ environment: {}, ...options });
  requesters.push(made);
  return made;
}

test("interim responses are told in order, and the final one is a standard Response (RFC 9110 §15.2)", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    connection.send(interim(102, "Progress: 1/2", "Status-URI: 200 </a>", "Status-URI: 200 </b>"));
    connection.send(interim(103, "Link: </c>"));
    connection.send(final(201, "made", "X-A: 1"));
  });
  const told: InterimResponse[] = [];
  const { send } = requester();
  const response = await send(new URL("/x?y#z", server.url), {
    method: "COPY",
    headers: { Destination: "/b" },
    onInterim: (one) => told.push(one),
  });
  expect(response.status).toBe(201);
  expect(response.statusText).toBe("Final");
  expect(response.url).toBe(new URL("/x?y", server.url).href);
  expect(response.headers.get("x-a")).toBe("1");
  expect(await response.text()).toBe("made");
  expect(told.map(({ status }) => status)).toEqual([102, 103]);
  expect(told[0]?.headers.get("status-uri")).toBe("200 </a>, 200 </b>");
  expect(server.connections[0]?.received).toMatch(/^COPY \/x\?y HTTP\/1\.1\r\nHost: 127\.0\.0\.1:\d+\r\n/i);
});

test("a connection is used again over TLS", async () => {
  await using server = await serveRaw(async (connection) => {
    let from = 0;
    for (;;) {
      await connection.until("\r\n\r\n", from);
      from = connection.received.length;
      connection.send(final(200, "hi"));
    }
  }, trusted);
  const { send } = requester({ tls: { ca: trusted.cert } });
  for (let turn = 0; turn < 3; turn += 1) expect(await (await send(server.url)).text()).toBe("hi");
  expect(server.connections).toHaveLength(1);
});
