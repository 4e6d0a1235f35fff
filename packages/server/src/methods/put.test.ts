import { createHash } from "node:crypto";
import { parsePath } from "@meanwhile/dav";
import { afterEach, describe, expect, test } from "vitest";
import { type Draft, TreeError } from "../store.ts";
import { createMemoryTree } from "../testing/memory/memory-tree.ts";
import { plantLock, submit } from "../testing/own/lock-fixture.ts";
import { rights } from "../testing/own/rights-fixture.ts";
import { type Served, type ServeOptions, serve, testGate } from "../testing/own/serve-fixture.ts";
import { requestBytes } from "../testing/own/wire-client.ts";
import { slowTree } from "../testing/slow-tree.ts";
import { contentOf, plant, snapshot } from "../testing/tree/tree-fixture.ts";

const root = parsePath("/");
const doc = parsePath("/doc");
const servers: Served[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

interface ServedWithDrafts extends Served {
  /** How many drafts were begun, and are neither committed nor discarded. */
  openDrafts(): number;
}

async function open(options: ServeOptions = {}): Promise<ServedWithDrafts> {
  const tree = options.tree ?? createMemoryTree();
  await plant(tree, "/doc", "/col/", "/col/member");
  const drafts = new Set<Draft>();
  const { draft: begin } = tree;
  tree.draft = async (path, how) => {
    const draft = await begin.call(tree, path, how);
    drafts.add(draft);
    const { commit, discard } = draft;
    draft.commit = async (last) => {
      const committed = await commit.call(draft, last);
      drafts.delete(draft);
      return committed;
    };
    draft.discard = async () => {
      await discard.call(draft);
      drafts.delete(draft);
    };
    return draft;
  };
  const server = await serve({ ...options, tree });
  servers.push(server);
  return { ...server, openDrafts: () => drafts.size };
}

test("PUT to an unmapped URL creates a document: 201 with its ETag and Last-Modified (RFC 9110 §9.3.4)", async () => {
  const { ask, tree } = await open();
  const answer = await ask("PUT", "/new", {}, "content");
  expect(answer.status).toBe(201);
  const resource = await tree.lookup(parsePath("/new"));
  expect(answer.field("ETag")).toBe(resource?.kind === "document" ? resource.etag : "none");
  expect(answer.field("Last-Modified")).toMatch(/ GMT$/);
  expect(await contentOf(tree, parsePath("/new"))).toBe("content");
});

test("PUT over a document replaces its content and keeps its dead properties: 204 (RFC 4918 §9.7.1)", async () => {
  const { ask, tree } = await open();
  const before = await tree.properties(doc);
  expect(before).toHaveLength(1);
  expect((await ask("PUT", "/doc", {}, "content")).status).toBe(204);
  expect(await contentOf(tree, doc)).toBe("content");
  expect(await tree.properties(doc)).toEqual(before);
});

test("PUT of nothing is a document of no bytes", async () => {
  const { ask, tree } = await open();
  expect((await ask("PUT", "/doc")).status).toBe(204);
  expect(await contentOf(tree, doc)).toBe("");
});

const digest = (algorithm: string, encoding: "hex" | "base64"): string =>
  createHash(algorithm).update("content").digest(encoding);

const taken: readonly [name: string, fields: Record<string, string>][] = [
  [
    "Content-Digest with sha-256 (RFC 9530 §2)",
    { "Content-Digest": `sha-256=:${digest("sha256", "base64")}:` },
  ],
  ["OC-Checksum", { "OC-Checksum": `SHA1:${digest("sha1", "hex")}` }],
  ["If-Match with the current tag", { "If-Match": "*" }],
  ["the length that the Finder expects", { "X-Expected-Entity-Length": "7" }],
];
test.each(taken)("PUT takes content with %s", async (_name, fields) => {
  const { ask, tree } = await open();
  expect((await ask("PUT", "/doc", fields, "content")).status).toBe(204);
  expect(await contentOf(tree, doc)).toBe("content");
});

const refused: readonly [name: string, target: string, fields: Record<string, string>, status: number][] = [
  ["Content-Range: 400 (RFC 9110 §14.5)", "/doc", { "Content-Range": "bytes 0-6/7" }, 400],
  ["a content coding: 415 (RFC 9110 §15.5.16)", "/doc", { "Content-Encoding": "gzip" }, 415],
  [
    "a wrong Content-Digest: 400 (RFC 9530 §2)",
    "/doc",
    { "Content-Digest": `sha-256=:${digest("sha512", "base64")}:` },
    400,
  ],
  [
    "one right digest and one wrong: 400",
    "/doc",
    { "Content-Digest": `sha-256=:${digest("sha256", "base64")}:, sha-512=:AAAA:` },
    400,
  ],
  ["a malformed Content-Digest: 400", "/doc", { "Content-Digest": "sha-256=abc" }, 400],
  ["a wrong OC-Checksum: 400", "/doc", { "OC-Checksum": "MD5:00" }, 400],
  ["a malformed OC-Checksum: 400", "/doc", { "OC-Checksum": "MD5" }, 400],
  ["fewer bytes than the Finder expects: 400", "/doc", { "X-Expected-Entity-Length": "8" }, 400],
  ["an expected length that is none: 400", "/doc", { "X-Expected-Entity-Length": "many" }, 400],
  ["an X-OC-Mtime that is none: 400", "/doc", { "X-OC-Mtime": "yesterday" }, 400],
  ["a collection: 405 (§9.7.2)", "/col", {}, 405],
  ["a URL that ends in a slash: 405", "/new/", {}, 405],
  ["no parent: 409 (§9.7.1)", "/none/new", {}, 409],
  ["a document as parent: 409", "/doc/new", {}, 409],
  ["If-None-Match: * on what is there: 412 (RFC 9110 §13.1.2)", "/doc", { "If-None-Match": "*" }, 412],
  ["If-Match on what is not there: 412 (RFC 9110 §13.1.1)", "/new", { "If-Match": "*" }, 412],
  ["an old If-Match: 412", "/doc", { "If-Match": '"old"' }, 412],
  ["a malformed If: 400", "/doc", { If: "()" }, 400],
  ["a name that is too long: 414", `/${"n".repeat(256)}`, {}, 414],
  ["a name with CR and LF: 400", "/new%0D%0AX-Evil:%20y", {}, 400],
  ["a status document: 403", "/.meanwhile/operations/x", {}, 403],
];
test.each(refused)("PUT refused: %s, and nothing is changed", async (_name, target, fields, status) => {
  const { ask, tree, openDrafts } = await open();
  const before = await snapshot(tree, root);
  expect((await ask("PUT", target, fields, "content")).status).toBe(status);
  expect(await snapshot(tree, root)).toEqual(before);
  expect(openDrafts()).toBe(0);
});

test("X-OC-Mtime becomes the time of last modification, and is said to be accepted", async () => {
  const { ask, tree } = await open();
  const answer = await ask("PUT", "/doc", { "X-OC-Mtime": "1136214245.5" }, "content");
  expect(answer.field("X-OC-Mtime")).toBe("accepted");
  expect(answer.field("Last-Modified")).toBe("Mon, 02 Jan 2006 15:04:05 GMT");
  expect((await tree.lookup(doc))?.modifiedMs).toBe(1136214245500);
});

describe("an upload that breaks off leaves the old content, and nothing of the new", () => {
  const broken: readonly [name: string, fields: Record<string, string>, sent: string][] = [
    ["in the middle of a declared length", { "Content-Length": "100" }, "half"],
    ["between two chunks", { "Transfer-Encoding": "chunked" }, "4\r\nhalf\r\n"],
    ["in the middle of a chunk", { "Transfer-Encoding": "chunked" }, "64\r\nhalf"],
  ];
  test.each(broken)("%s", async (_name, fields, sent) => {
    const gate = testGate();
    gate.open();
    const slow = slowTree(createMemoryTree(), (step) => (step === "bytes" ? gate.pass() : Promise.resolve()));
    const { dial, tree, openDrafts, logged, log } = await open({ tree: slow });
    const before = await snapshot(tree, root);
    const planted = gate.arrived;
    const client = dial();
    client.send(Buffer.concat([requestBytes("PUT", "/doc", fields), Buffer.from(sent)]));
    await gate.reached(planted + 1);
    await client.leave();
    await logged(1);
    expect(log[0]?.status).toBe(400);
    expect(await snapshot(tree, root)).toEqual(before);
    expect(openDrafts()).toBe(0);
  });

  test("with a chunk size that is none: 400", async () => {
    const { dial, tree, openDrafts, logged } = await open();
    const client = dial();
    client.send(
      Buffer.concat([
        requestBytes("PUT", "/doc", { "Transfer-Encoding": "chunked" }),
        Buffer.from("4\r\nhalf\r\nzz\r\n"),
      ]),
    );
    await logged(1);
    expect(await contentOf(tree, doc)).toBe("/doc");
    expect(openDrafts()).toBe(0);
  });
});

test("chunks of any size are put together", async () => {
  const { dial, tree } = await open();
  const client = dial();
  client.send(requestBytes("PUT", "/doc", { "Transfer-Encoding": "chunked" }));
  client.send("1\r\nc\r\n5;ext=1\r\nonten\r\n");
  client.send("1\r\nt\r\n0\r\nX-Trailer: 1\r\n\r\n");
  expect((await client.response()).status).toBe(204);
  expect(await contentOf(tree, doc)).toBe("content");
});

test("bytes beyond the declared length are not content, but the next request (RFC 9112 §6.3)", async () => {
  const { dial, tree } = await open();
  const client = dial();
  client.send(requestBytes("PUT", "/doc", { "Content-Length": "3" }, "con"));
  expect((await client.response()).status).toBe(204);
  client.send("tent");
  expect((await client.response()).status).toBe(400);
  expect(await contentOf(tree, doc)).toBe("con");
});

describe("limits.contentBytes", () => {
  const limited: ServeOptions = { limits: { contentBytes: 6 } };

  test("a declared length beyond it: 413", async () => {
    const { ask, openDrafts } = await open(limited);
    expect((await ask("PUT", "/doc", {}, "content")).status).toBe(413);
    expect(openDrafts()).toBe(0);
  });

  test("a length that the Finder expects beyond it: 413", async () => {
    const { dial } = await open(limited);
    const client = dial();
    const fields = {
      "X-Expected-Entity-Length": "7",
      "Transfer-Encoding": "chunked",
      Expect: "100-continue",
    };
    client.send(requestBytes("PUT", "/doc", fields));
    const answer = await client.response();
    expect(answer.status).toBe(413);
    expect(answer.interims).toEqual([]);
  });

  test("chunks beyond it: 413, told to a client that is still sending, and the old content stays", async () => {
    const { dial, tree, openDrafts } = await open(limited);
    const client = dial();
    client.send(requestBytes("PUT", "/doc", { "Transfer-Encoding": "chunked" }));
    client.send("7\r\ncontent\r\n");
    const answer = await client.response();
    expect(answer.status).toBe(413);
    expect(answer.field("Connection")).toBe("close");
    expect(await contentOf(tree, doc)).toBe("/doc");
    expect(openDrafts()).toBe(0);
  });

  test("just as much as it allows", async () => {
    const { ask } = await open(limited);
    expect((await ask("PUT", "/doc", {}, "conten")).status).toBe(204);
  });
});

test("a disk that is full in the middle of an upload is told at once: 507", async () => {
  const { dial, tree, openDrafts } = await open();
  const { draft: begin } = tree;
  tree.draft = async (path, how) => {
    const draft = await begin.call(tree, path, how);
    draft.write = () => Promise.reject(new TreeError("no-space"));
    return draft;
  };
  const client = dial();
  client.send(requestBytes("PUT", "/doc", { "Content-Length": "1000" }));
  client.send("some");
  const answer = await client.response();
  expect(answer.status).toBe(507);
  expect(answer.body).toContain("sufficient-disk-space");
  expect(await contentOf(tree, doc)).toBe("/doc");
  expect(openDrafts()).toBe(0);
});

test("a connection whose upload was refused half-way can be used again when all of it has come", async () => {
  const { dial, tree } = await open();
  const { draft: begin } = tree;
  tree.draft = async (path, how) => {
    const draft = await begin.call(tree, path, how);
    draft.write = () => Promise.reject(new TreeError("no-space"));
    return draft;
  };
  const client = dial();
  client.send(requestBytes("PUT", "/doc", { "Content-Length": "100000" }));
  client.send("some");
  expect((await client.response()).status).toBe(507);
  client.send(Buffer.alloc(99_996, "x"));
  client.send(requestBytes("OPTIONS", "/doc"));
  expect((await client.response()).status).toBe(200);
});

describe("Expect: 100-continue (RFC 9110 §10.1.1)", () => {
  const early: readonly [name: string, target: string, fields: Record<string, string>, status: number][] = [
    ["a precondition fails", "/doc", { "If-None-Match": "*" }, 412],
    ["it is locked", "/col/member", {}, 423],
    ["the principal may not write", "/mine/doc", {}, 403],
    ["the parent is missing", "/none/doc", {}, 409],
    ["it is too large", "/doc", { "Content-Length": "10000" }, 413],
    ["it is a collection", "/col", {}, 405],
  ];
  test.each(early)("where %s, the content is never asked for", async (_name, target, fields, status) => {
    const access = rights({ "/": "rw", "/mine": "" });
    const { dial, locks } = await open({ limits: { contentBytes: 1000 }, access });
    await plantLock(locks, "/col/member");
    const client = dial();
    client.send(requestBytes("PUT", target, { Expect: "100-continue", "Content-Length": "7", ...fields }));
    const answer = await client.response();
    expect(answer.status).toBe(status);
    expect(answer.interims).toEqual([]);
  });

  test.each([[true], [false]])(
    "it is asked for once (listening to checkContinue: %s)",
    async (checkContinue) => {
      const { dial, tree } = await open({ checkContinue });
      const client = dial();
      client.send(requestBytes("PUT", "/doc", { Expect: "100-continue", "Content-Length": "7" }));
      expect((await client.head()).status).toBe(100);
      client.send("content");
      const answer = await client.response();
      expect(answer.status).toBe(204);
      expect(answer.interims).toEqual([]);
      expect(await contentOf(tree, doc)).toBe("content");
    },
  );
});

test("of two PUTs with If-None-Match: * at once exactly one creates the document (RFC 9110 §13.1.2)", async () => {
  const gate = testGate();
  const slow = slowTree(createMemoryTree(), (step, path) =>
    step === "commit" && path === "/new" ? gate.pass() : Promise.resolve(),
  );
  const { ask, tree } = await open({ tree: slow, limits: { claimMs: 10_000 } });
  const answers = Promise.all(
    ["first", "second"].map((content) => ask("PUT", "/new", { "If-None-Match": "*" }, content)),
  );
  await gate.reached(1);
  gate.open();
  expect((await answers).map(({ status }) => status).sort()).toEqual([201, 412]);
  expect(gate.arrived).toBe(1);
  expect(["first", "second"]).toContain(await contentOf(tree, parsePath("/new")));
});

type Locked = readonly [name: string, path: string, depth: "0" | "infinity", target: string, status: number];
const locked: readonly Locked[] = [
  ["the document", "/doc", "0", "/doc", 204],
  ["an ancestor, with depth infinity", "/col", "infinity", "/col/member", 204],
  ["the parent, with depth 0, for a new member (§7.4)", "/col", "0", "/col/new", 201],
];
test.each(locked)("PUT needs the token of a lock on %s", async (_name, path, depth, target, status) => {
  const { ask, locks, tree } = await open();
  const { token } = await plantLock(locks, path, { depth, principal: "jane" });
  const before = await snapshot(tree, root);
  const tokens = submit({ [path]: token });
  expect((await ask("PUT", target, { "X-Test-Principal": "jane" }, "x")).status).toBe(423);
  expect((await ask("PUT", target, { "X-Test-Principal": "joe", ...tokens }, "x")).status).toBe(423);
  expect((await ask("PUT", target, tokens, "x")).status).toBe(423);
  expect(await snapshot(tree, root)).toEqual(before);
  expect((await ask("PUT", target, { "X-Test-Principal": "jane", ...tokens }, "x")).status).toBe(status);
});

test("a depth 0 lock on the parent does not keep the content of members (§7.4)", async () => {
  const { ask, locks } = await open();
  await plantLock(locks, "/col", { depth: "0" });
  expect((await ask("PUT", "/col/member", {}, "x")).status).toBe(204);
});

test("a lock that came while the content was on its way is seen before the content is put in place", async () => {
  const { dial, locks, tree, openDrafts } = await open();
  const client = dial();
  client.send(requestBytes("PUT", "/doc", { Expect: "100-continue", "Content-Length": "7" }));
  expect((await client.head()).status).toBe(100);
  await plantLock(locks, "/doc");
  client.send("content");
  expect((await client.response()).status).toBe(423);
  expect(await contentOf(tree, doc)).toBe("/doc");
  expect(openDrafts()).toBe(0);
});

const rightless: readonly [name: string, rules: Parameters<typeof rights>[0], target: string][] = [
  ["the document", { "/": "rw", "/doc": "r" }, "/doc"],
  ["the parent, for a new document", { "/": "rw", "/col": "r", "/col/new": "rw" }, "/col/new"],
];
test.each(rightless)(
  "PUT without the right to write %s is refused with 403",
  async (_name, rules, target) => {
    const { ask, tree } = await open({ access: rights(rules) });
    const before = await snapshot(tree, root);
    expect((await ask("PUT", target, {}, "x")).status).toBe(403);
    expect((await ask("PUT", target, { "If-Match": '"x"' }, "x")).status).toBe(target === "/doc" ? 403 : 412);
    expect(await snapshot(tree, root)).toEqual(before);
  },
);

test("PUT over a document needs no right on its parent: its membership does not change", async () => {
  const { ask } = await open({ access: rights({ "/": "rw", "/col": "r", "/col/member": "rw" }) });
  expect((await ask("PUT", "/col/member", {}, "x")).status).toBe(204);
});

describe("an upload to where others work", () => {
  const large = { Expect: "100-continue", "Content-Length": String(60_000_000) };
  const chunked = { Expect: "100-continue", "Transfer-Encoding": "chunked" };

  test.each([
    ["large", large],
    ["of unknown length", chunked],
  ])("%s: 503 with Retry-After before any content is asked for", async (_name, fields) => {
    const { dial, operations, tree } = await open();
    await operations.claims.acquire([{ path: "/", scope: "tree", mode: "exclusive" }], 0);
    const client = dial();
    client.send(requestBytes("PUT", "/new", fields));
    const { status, interims, field } = await client.response("PUT");
    expect([status, interims, field("Retry-After")]).toEqual([503, [], "2"]);
    expect(await tree.lookup(parsePath("/new"))).toBeUndefined();
  });

  test("a large one waits for them first, and holds up nobody while its content comes", async () => {
    const { dial, operations } = await open({ limits: { claimMs: 60_000 } });
    const copying = await operations.claims.acquire([{ path: "/", scope: "tree", mode: "exclusive" }], 0);
    const client = dial();
    client.send(requestBytes("PUT", "/new", large));
    copying?.();
    expect((await client.head()).status).toBe(100);
    const other = await operations.claims.acquire([{ path: "/new", scope: "tree", mode: "exclusive" }], 0);
    expect(other).toBeDefined();
  });

  test("a small one is received, so that one that is repeated can join it", async () => {
    const { dial, operations } = await open();
    await operations.claims.acquire([{ path: "/", scope: "tree", mode: "exclusive" }], 0);
    const client = dial();
    client.send(requestBytes("PUT", "/new", { Expect: "100-continue", "Content-Length": "1" }));
    expect((await client.head()).status).toBe(100);
    client.send("x");
    expect((await client.response("PUT")).status).toBe(503);
  });
});
