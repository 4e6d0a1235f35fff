import { parsePath } from "@meanwhile/dav";
import { afterEach, expect, test } from "vitest";
import { plantLock, submit } from "../testing/own/lock-fixture.ts";
import { rights } from "../testing/own/rights-fixture.ts";
import { type Served, type ServeOptions, serve } from "../testing/own/serve-fixture.ts";
import { plant, snapshot } from "../testing/tree/tree-fixture.ts";

const root = parsePath("/");
const servers: Served[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function open(options: ServeOptions = {}): Promise<Served> {
  const server = await serve(options);
  servers.push(server);
  await plant(server.tree, "/doc", "/col/");
  return server;
}

test.each([["/new"], ["/new/"], ["/col/new/"], ["/%C3%A9%20%2B/"]])(
  "MKCOL %s creates a collection: 201 (RFC 4918 §9.3)",
  async (target) => {
    const { ask, tree } = await open();
    expect((await ask("MKCOL", target)).status).toBe(201);
    expect((await tree.lookup(parsePath(target)))?.kind).toBe("collection");
  },
);

const xml = { "Content-Type": "application/xml" };
const set = (prop: string): string =>
  `<D:mkcol xmlns:D="DAV:" xmlns:E="urn:example"><D:set><D:prop>${prop}</D:prop></D:set></D:mkcol>`;
const collectionType = "<D:resourcetype><D:collection/></D:resourcetype>";

type Refused = readonly [
  name: string,
  target: string,
  fields: Record<string, string>,
  content: string | undefined,
  status: number,
];
const refused: readonly Refused[] = [
  ["a collection is there: 405 (§9.3.1)", "/col/", {}, undefined, 405],
  ["a document is there: 405 (§9.3.1)", "/doc", {}, undefined, 405],
  ["the root: 405", "/", {}, undefined, 405],
  ["no parent: 409 (§9.3.1)", "/none/new/", {}, undefined, 409],
  ["a document as parent: 409 (§9.3.1)", "/doc/new/", {}, undefined, 409],
  ["content of another type: 415 (§9.3.1)", "/new/", { "Content-Type": "text/plain" }, "x", 415],
  ["content without a type: 415 (§9.3.1)", "/new/", {}, "x", 415],
  ["XML that is no DAV:mkcol: 415 (§9.3.1)", "/new/", xml, "<x/>", 415],
  ["XML that is none: 400", "/new/", xml, "<x>", 400],
  ["a DOCTYPE: 400", "/new/", xml, `<!DOCTYPE x>${set(collectionType)}`, 400],
  [
    "another type of collection: 403 (RFC 5689 §3.3)",
    "/new/",
    xml,
    set("<D:resourcetype><D:collection/><E:calendar/></D:resourcetype>"),
    403,
  ],
  ["an If that does not hold: 412", "/new/", { If: "(<urn:x:1>)" }, undefined, 412],
  ["If-Match on what is not there: 412", "/new/", { "If-Match": "*" }, undefined, 412],
  ["a name that is too long: 414", `/${"n".repeat(256)}/`, {}, undefined, 414],
  ["control characters in the name: 400", "/new%0A/", {}, undefined, 400],
  ["a name that is no UTF-8: 400", "/%ff/", {}, undefined, 400],
  ["a place of status documents: 403", "/.meanwhile/", {}, undefined, 403],
];
test.each(refused)(
  "MKCOL refused: %s, and nothing is changed",
  async (_name, target, fields, content, status) => {
    const { ask, tree } = await open();
    const before = await snapshot(tree, root);
    expect((await ask("MKCOL", target, fields, content)).status).toBe(status);
    expect(await snapshot(tree, root)).toEqual(before);
  },
);

test("a condition tells which resource types there are not (RFC 5689 §3.3)", async () => {
  const { ask } = await open();
  const answer = await ask("MKCOL", "/new/", xml, set("<D:resourcetype><E:calendar/></D:resourcetype>"));
  expect(answer.body).toContain("valid-resourcetype");
});

test("MKCOL sets the properties that it is given, with the collection (RFC 5689 §3)", async () => {
  const { ask, tree } = await open();
  const content = set(`${collectionType}<E:author>Jane</E:author><D:displayname>New</D:displayname>`);
  expect((await ask("MKCOL", "/new/", xml, content)).status).toBe(201);
  const names = (await tree.properties(parsePath("/new"))).map(({ name }) => name.local).sort();
  expect(names).toEqual(["author", "displayname"]);
});

test("a protected property is refused, and no collection is made: all or nothing (RFC 5689 §3)", async () => {
  const { ask, tree } = await open();
  const content = set(`${collectionType}<D:getetag>"x"</D:getetag><E:author>Jane</E:author>`);
  const answer = await ask("MKCOL", "/new/", xml, content);

  expect(answer.status).toBe(403);
  expect(answer.body).toContain("mkcol-response");
  expect(answer.body).toContain("cannot-modify-protected-property");
  expect(answer.body).toContain("424");
  expect(await tree.lookup(parsePath("/new"))).toBeUndefined();
});

test("a body beyond the limit is refused with 413, declared or in chunks", async () => {
  const { ask, dial } = await open({ limits: { xmlBytes: 100 } });
  const content = set("x".repeat(100));
  expect((await ask("MKCOL", "/new/", xml, content)).status).toBe(413);
  const client = dial();
  client.send(
    `MKCOL /new/ HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n`,
  );
  client.send(`ff\r\n${"x".repeat(255)}\r\n`);
  expect((await client.response()).status).toBe(413);
});

test.each([["infinity"], ["0"]] as const)(
  "MKCOL needs the token of a lock on the parent, depth %s (§7.4)",
  async (depth) => {
    const { ask, locks, tree } = await open();
    const { token } = await plantLock(locks, "/col", { depth });
    expect((await ask("MKCOL", "/col/new/")).status).toBe(423);
    expect(await tree.lookup(parsePath("/col/new"))).toBeUndefined();
    expect((await ask("MKCOL", "/col/new/", submit({ "/col/": token }))).status).toBe(201);
  },
);

test.each([
  ["the new collection", { "/": "rw", "/col/new": "r" }],
  ["its parent", { "/": "rw", "/col": "r", "/col/new": "rw" }],
] as const)("MKCOL without the right to write %s is refused with 403", async (_name, rules) => {
  const { ask, tree } = await open({ access: rights(rules) });
  expect((await ask("MKCOL", "/col/new/")).status).toBe(403);
  expect(await tree.lookup(parsePath("/col/new"))).toBeUndefined();
});

test("of two MKCOLs at once exactly one creates the collection", async () => {
  const { ask } = await open({ limits: { claimMs: 10_000 } });
  const answers = await Promise.all([ask("MKCOL", "/new/"), ask("MKCOL", "/new/")]);
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 405]);
});
