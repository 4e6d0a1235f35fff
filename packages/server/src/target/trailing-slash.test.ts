/** A URL that ends in a slash names a collection: no document is changed by it (RFC 4918 §5.2). */
import { parsePath } from "@meanwhile/dav";
import { afterEach, expect, test } from "vitest";
import { type Served, serve } from "../testing/own/serve-fixture.ts";
import { plant, snapshot } from "../testing/tree/tree-fixture.ts";

const servers: Served[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const update = '<propertyupdate xmlns="DAV:"><set><prop><x xmlns="urn:x">1</x></prop></set></propertyupdate>';
const lockInfo =
  '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>';
const changes: readonly [
  method: string,
  target: string,
  fields: Record<string, string>,
  content: string,
  status: number,
][] = [
  ["DELETE", "/doc/", {}, "", 404],
  ["DELETE", "/doc//", {}, "", 404],
  ["COPY", "/doc/", { Destination: "/new" }, "", 404],
  ["MOVE", "/doc/", { Destination: "/new" }, "", 404],
  ["PROPPATCH", "/doc/", {}, update, 404],
  ["LOCK", "/doc/", {}, lockInfo, 409],
  ["LOCK", "/new/", {}, lockInfo, 409],
  ["PUT", "/doc/", {}, "x", 405],
  ["PUT", "/new/", {}, "x", 405],
  ["MKCOL", "/doc/", {}, "", 405],
  ["UNLOCK", "/doc/", { "Lock-Token": "<urn:x:1>" }, "", 404],
  ["DELETE", "/doc/", { "If-Match": "*" }, "", 412],
  ["COPY", "/col/", { Destination: "/doc/" }, "", 409],
  ["MOVE", "/col/", { Destination: "/doc/" }, "", 409],
  ["MOVE", "/other", { Destination: "/doc/" }, "", 409],
];
test.each(changes)(
  "%s %s is refused, and nothing is changed",
  async (method, target, fields, content, status) => {
    const server = await serve();
    servers.push(server);
    await plant(server.tree, "/doc", "/other", "/col/", "/col/member");
    const before = await snapshot(server.tree, parsePath("/"));
    const answer = await server.ask(method, target, fields, content === "" ? undefined : content);
    expect(answer.status).toBe(status);
    expect(await snapshot(server.tree, parsePath("/"))).toEqual(before);
  },
);

test.each(["GET", "HEAD", "PROPFIND"])("%s of a document with a slash is borne", async (method) => {
  const server = await serve();
  servers.push(server);
  await plant(server.tree, "/doc");
  expect((await server.ask(method, "/doc/", { Depth: "0" })).status).toBeLessThan(300);
});

test("a lock is removed by the URL with a slash, too", async () => {
  const server = await serve();
  servers.push(server);
  await plant(server.tree, "/doc");
  const token = (await server.ask("LOCK", "/doc", {}, lockInfo)).field("lock-token") ?? "";
  expect((await server.ask("UNLOCK", "/doc/", { "Lock-Token": token })).status).toBe(204);
});
