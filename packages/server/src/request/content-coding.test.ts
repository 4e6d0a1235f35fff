import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockInfo } from "../testing/own/lock-fixture.ts";
import { type Served, serve } from "../testing/own/serve-fixture.ts";
import { plant } from "../testing/tree/tree-fixture.ts";

let server: Served;
beforeEach(async () => {
  server = await serve();
  await plant(server.tree, "/doc");
});
afterEach(() => server.close());

const xml = { "Content-Type": "application/xml" };
test.each([
  ["PUT", "/doc", {}, "content"],
  ["PROPFIND", "/doc", { Depth: "0" }, '<propfind xmlns="DAV:"><allprop/></propfind>'],
  ["PROPPATCH", "/doc", {}, '<propertyupdate xmlns="DAV:"/>'],
  ["MKCOL", "/new", xml, '<mkcol xmlns="DAV:"/>'],
  ["LOCK", "/doc", {}, lockInfo()],
] as const)("%s with coded content: 415, and which codings are taken (RFC 9110 §15.5.16)", async (...of) => {
  const [method, target, fields, content] = of;
  const coded = { ...fields, "Content-Encoding": "gzip" };
  const { status, field } = await server.ask(method, target, coded, gzipSync(content));
  expect([status, field("accept-encoding")]).toEqual([415, "identity"]);
  const plain = await server.ask(method, target, { ...fields, "Content-Encoding": "Identity" }, content);
  expect(plain.status).not.toBe(415);
});
