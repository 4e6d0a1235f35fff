import { afterEach, expect, test } from "vitest";
import { type Served, serve } from "../testing/own/serve-fixture.ts";

let server: Served | undefined;
afterEach(() => server?.close());

const evil = { Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" };

test.each([
  ["PUT", {}],
  ["MKCOL", {}],
  ["DELETE", {}],
  ["MOVE", { Destination: "/c" }],
  ["COPY", { Destination: "/c" }],
  ["PROPPATCH", {}],
  ["LOCK", {}],
])("%s of another site's page changes nothing, and is told why", async (method, fields) => {
  server = await serve();
  await server.ask("MKCOL", "/a");
  const answer = await server.ask(method, method === "PUT" || method === "MKCOL" ? "/b" : "/a", {
    ...evil,
    ...fields,
  });
  expect(answer.status).toBe(403);
  expect(answer.body).toContain("https://evil.example");
  expect((await server.ask("PROPFIND", "/a", { Depth: "0" })).status).toBe(207);
  expect((await server.ask("PROPFIND", "/b", { Depth: "0" })).status).toBe(404);
  expect((await server.ask("PROPFIND", "/c", { Depth: "0" })).status).toBe(404);
});

test("nor does it stop an operation whose status document it knows", async () => {
  server = await serve();
  const answer = await server.ask("POST", "/.meanwhile/operations/abc/cancel", evil);
  expect(answer.status).toBe(403);
});

test("an origin that is allowed by name may, and so may our own pages", async () => {
  server = await serve({ cors: ["https://evil.example"] });
  expect((await server.ask("MKCOL", "/a", evil)).status).toBe(201);
  const own = { Origin: `http://127.0.0.1:${server.port}`, "Sec-Fetch-Site": "same-origin" };
  expect((await server.ask("MKCOL", "/b", { Host: `127.0.0.1:${server.port}`, ...own })).status).toBe(201);
});

test("this machine's name may be given", async () => {
  server = await serve({ hostName: "disk" });
  const fields = (host: string) => ({ Host: host, Origin: `http://${host}` });
  expect((await server.ask("MKCOL", "/a", fields("disk.local"))).status).toBe(201);
  expect((await server.ask("MKCOL", "/b", fields("desk.local"))).status).toBe(403);
});

test("a page whose name was made to lead here reads as anybody may, changes nothing, and is told why (DNS rebinding)", async () => {
  server = await serve();
  const fields = (host: string) => ({
    Host: host,
    Origin: `http://${host}`,
    "Sec-Fetch-Site": "same-origin",
  });
  const rebound = fields("evil.example:8102");
  const answer = await server.ask("MKCOL", "/a", rebound);
  expect(answer.status).toBe(403);
  expect(answer.body).toMatch(/by a name that it does not know \(http:\/\/evil\.example:8102\).*--base-url/);
  expect((await server.ask("GET", "/", rebound)).status).toBe(200);
  expect((await server.ask("GET", "/a", rebound)).status).toBe(404);
  expect((await server.ask("MKCOL", "/a", { ...rebound, "X-Test-Principal": "ann" })).status).toBe(201);
  for (const [index, host] of ["192.0.2.7:8102", "[::1]", "localhost:8102"].entries())
    expect((await server.ask("MKCOL", `/${index}`, fields(host))).status).toBe(201);
});
