/** Nobody learns by conditions what they may not read (RFC 4918 §10.4, RFC 9110 §13). */
import { parsePath } from "@meanwhile/dav";
import { afterEach, beforeEach, expect, test } from "vitest";
import { plantLock } from "../testing/own/lock-fixture.ts";
import { rights } from "../testing/own/rights-fixture.ts";
import { type Served, serve } from "../testing/own/serve-fixture.ts";
import { etagOf, plant } from "../testing/tree/tree-fixture.ts";

let server: Served;
let right: string;
beforeEach(async () => {
  server = await serve({ access: rights({ "/": "rw", "/private": "", "/dropbox": "w" }) });
  await plant(server.tree, "/doc", "/private/", "/private/x", "/dropbox/", "/dropbox/x");
  right = await etagOf(server.tree, parsePath("/private/x"));
});
afterEach(() => server.close());

const wrong = '"another"';
const methods: readonly [method: string, target: string, fields: Record<string, string>][] = [
  ["PUT", "/doc", {}],
  ["DELETE", "/doc", {}],
  ["MKCOL", "/new", {}],
  ["COPY", "/doc", { Destination: "/new" }],
  ["MOVE", "/doc", { Destination: "/new" }],
  ["GET", "/doc", {}],
  ["HEAD", "/doc", {}],
  ["PROPFIND", "/doc", { Depth: "0" }],
];
const headers: readonly ((tag: string) => string)[] = [
  (tag) => `</private/x> ([${tag}])`,
  (tag) => `</private/x> (Not [${tag}])`,
  (tag) => `<http://files.example/%70rivate/x> ([${tag}])`,
  (tag) => `</private/x> ([${tag}]) </doc> (["none"])`,
];
test.each(methods)(
  "%s: an If on what may not be read fails, right or wrong",
  async (method, target, fields) => {
    for (const header of headers) {
      for (const tag of [right, wrong]) {
        const answer = await server.ask(method, target, { ...fields, If: header(tag) });
        expect([header(tag), answer.status]).toEqual([header(tag), 412]);
      }
    }
  },
);

test("the same goes for what is not there, and for others' locks", async () => {
  const { token } = await plantLock(server.locks, "/private/x", { principal: "jane" });
  const statusOf = async (header: string): Promise<number> =>
    (await server.ask("PUT", "/doc", { If: header }, "x")).status;
  expect(await statusOf(`</private/none> (Not [${wrong}])`)).toBe(412);
  expect(await statusOf(`</private/x> (<${token}>)`)).toBe(412);
  expect(await statusOf("</private/x> (<urn:uuid:none>)")).toBe(412);
});

const dropped: readonly Record<string, string>[] = [
  { "If-Match": wrong },
  { "If-None-Match": wrong },
  { "If-Unmodified-Since": "Sun, 06 Nov 2044 08:49:37 GMT" },
  { If: `([${wrong}])` },
  { If: `(Not [${wrong}])` },
];
test.each(dropped)("where one may only write, %j does not hold", async (fields) => {
  const tag = await etagOf(server.tree, parsePath("/dropbox/x"));
  const told = JSON.parse(JSON.stringify(fields).replaceAll('\\"another\\"', tag.replaceAll('"', '\\"')));
  expect((await server.ask("PUT", "/dropbox/x", fields, "x")).status).toBe(412);
  expect((await server.ask("PUT", "/dropbox/x", told, "x")).status).toBe(412);
});

test("where one may only write, conditions that tell nothing are judged", async () => {
  expect((await server.ask("PUT", "/dropbox/new", { "If-None-Match": "*" }, "x")).status).toBe(201);
  expect((await server.ask("PUT", "/dropbox/new", { "If-None-Match": "*" }, "x")).status).toBe(412);
  expect((await server.ask("PUT", "/dropbox/new", { "If-Match": "*" }, "x")).status).toBe(204);
});

test("one's own lock on what one may only write counts", async () => {
  const { token } = await plantLock(server.locks, "/dropbox/x", { principal: "ann" });
  const fields = { If: `(<${token}>)`, "X-Test-Principal": "ann" };
  expect((await server.ask("PUT", "/dropbox/x", fields, "x")).status).toBe(204);
});

const readings: readonly [header: string, target: string, status: number][] = [
  ["([E])", "/doc", 200],
  ['(["x"])', "/doc", 412],
  ["(Not [E])", "/doc", 412],
  ['(["x"]) ([E])', "/doc", 200],
  ["(<urn:x:1>)", "/doc", 200],
  ['(<urn:x:1> ["x"])', "/doc", 412],
  ["(<urn:x:1> [E])", "/doc", 200],
  ['(["x"]) (<urn:x:1>)', "/doc", 200],
  ["(malformed", "/doc", 200],
  ['(["x"])', "/none", 404],
];
test.each(readings)("a safe method with If: %s at %s", async (header, target, status) => {
  const etag = await etagOf(server.tree, parsePath("/doc"));
  const fields = { If: header.replaceAll("E", etag), Depth: "0" };
  expect((await server.ask("GET", target, fields)).status).toBe(status);
  expect((await server.ask("HEAD", target, fields)).status).toBe(status);
  expect((await server.ask("PROPFIND", target, fields)).status).toBe(status === 200 ? 207 : status);
});
