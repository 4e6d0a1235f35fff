import { afterEach, expect, test } from "vitest";
import { type RequestOptions, request as send } from "./request.ts";
import { createRequester, type Requester } from "./send/requester.ts";
import { final, interim, type RawServer, serveRaw } from "./send/testing/raw-server.ts";

const requesters: Requester[] = [];
afterEach(async () => {
  for (const requester of requesters.splice(0)) await requester.close();
});

function request(url: URL | string, options: RequestOptions = {}): Promise<Response> {
  const requester = createRequester({ environment: {} });
  requesters.push(requester);
  return send(url, { requester, ...options });
}

/** /301/... redirects to ..., anything else is found. */
function redirecting(): Promise<RawServer> {
  return serveRaw(async (connection) => {
    await connection.until();
    const [, status = "", location = ""] = /^\S+ \/(30\d)\/(\S*)/.exec(connection.received) ?? [];
    connection.send(
      status === ""
        ? final(200, "found", "Connection: close")
        : final(
            Number(status),
            "elsewhere",
            `Location: ${decodeURIComponent(location)}`,
            "Connection: close",
          ),
    );
  });
}

test("a URL as text, without a requester of one's own, and interim responses", async () => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    connection.send(interim(102) + final(200, "hi", "Connection: close"));
  });
  const told: number[] = [];
  const response = await send(server.url.href, { onInterim: ({ status }) => told.push(status) });
  expect(await response.text()).toBe("hi");
  expect(told).toEqual([102]);
});

test.each([301, 302, 303, 307, 308])(
  "a %i of a safe request is followed (RFC 9110 §15.4)",
  async (status) => {
    await using server = await redirecting();
    for (const method of ["GET", "PROPFIND"]) {
      const response = await request(new URL(`/${status}/%2Fthere%23x`, server.url), { method });
      expect(response.status).toBe(200);
      expect(response.url).toBe(new URL("/there", server.url).href);
      expect(await response.text()).toBe("found");
    }
    expect(server.connections.at(-1)?.received).toMatch(/^PROPFIND \/there /);
  },
);

test("a redirection of any other request is its response", async () => {
  await using server = await redirecting();
  for (const method of ["POST", "PUT", "DELETE", "MOVE"]) {
    const response = await request(new URL("/307/%2Fthere", server.url), { method });
    expect(response.status).toBe(307);
    expect(await response.text()).toBe("elsewhere");
  }
  expect(server.connections).toHaveLength(4);
});

test("redirect: manual and error", async () => {
  await using server = await redirecting();
  const url = new URL("/302/%2Fthere", server.url);
  expect((await request(url, { redirect: "manual" })).status).toBe(302);
  await expect(request(url, { redirect: "error" })).rejects.toMatchObject({ code: "ERR_REDIRECT" });
});

test("credentials stay with the origin that they were for", async () => {
  await using other = await redirecting();
  await using server = await redirecting();
  const headers = { Authorization: "Bearer secret", Cookie: "a=b", "X-A": "1" };
  await request(new URL("/302/%2Fthere", server.url), { headers });
  expect(server.connections[1]?.received).toMatch(/^authorization: Bearer secret\r$/im);
  await request(new URL(`/302/${encodeURIComponent(new URL("/there", other.url).href)}`, server.url), {
    headers,
  });
  expect(other.connections[0]?.received).toMatch(/^x-a: 1\r$/im);
  expect(other.connections[0]?.received).not.toMatch(/secret|cookie/i);
});

test.each([
  ["to itself for ever", "/302/%2F302%2Fx", 21],
  ["to what is no URL", "/302/http%3A%2F%2F%5B", 1],
  ["to another scheme", "/302/file%3A%2F%2F%2Fetc%2Fpasswd", 1],
])("a redirection %s is an error", async (_where, path, asked) => {
  await using server = await serveRaw(async (connection) => {
    await connection.until();
    const location = path.includes("302%2Fx") ? path : decodeURIComponent(path.slice(5));
    connection.send(final(302, "", `Location: ${location}`, "Connection: close"));
  });
  await expect(request(new URL(path, server.url))).rejects.toMatchObject({ code: "ERR_REDIRECT" });
  expect(server.connections).toHaveLength(asked);
});
