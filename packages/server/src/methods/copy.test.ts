import { parsePath } from "@meanwhile/dav";
import { afterEach, expect, test } from "vitest";
import { TreeError } from "../store.ts";
import { createMemoryTree } from "../testing/memory/memory-tree.ts";
import { lockRoots, plantLock, submit } from "../testing/own/lock-fixture.ts";
import { rights } from "../testing/own/rights-fixture.ts";
import { memberStatuses, type Served, type ServeOptions, serve } from "../testing/own/serve-fixture.ts";
import { contentOf, etagOf, plant, put, snapshot } from "../testing/tree/tree-fixture.ts";

const root = parsePath("/");
const servers: Served[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/**
 * A tree with /src/ (a, sub/, sub/b), /dst/ (old), /doc, /other, served. What is planted has a dead property that
 * says where.
 */
async function open(options: ServeOptions = {}): Promise<Served> {
  const server = await serve(options);
  servers.push(server);
  const paths = ["/src/", "/src/a", "/src/sub/", "/src/sub/b", "/dst/", "/dst/old", "/doc", "/other"];
  await plant(server.tree, ...paths);
  return server;
}

const judged: readonly [name: string, target: string, fields: Record<string, string>, status: number][] = [
  ["a document to an unmapped URL is created (§9.8.5)", "/doc", { Destination: "/new" }, 201],
  ["a collection to an unmapped URL is created (§9.8.3)", "/src/", { Destination: "/new/" }, 201],
  ["a document over another (§9.8.4)", "/doc", { Destination: "/other" }, 204],
  ["Overwrite: T says what is the default (§10.6)", "/doc", { Destination: "/other", Overwrite: "T" }, 204],
  ["Overwrite: F to an unmapped URL (§10.6)", "/doc", { Destination: "/new", Overwrite: "F" }, 201],
  ["a document over a collection (§9.8.4)", "/doc", { Destination: "/dst" }, 204],
  ["a collection over a document (§9.8.4)", "/src/", { Destination: "/doc" }, 204],
  ["Depth: 0 (§9.8.3)", "/src/", { Destination: "/new/", Depth: "0" }, 201],
  ["Depth: infinity (§9.8.3)", "/src/", { Destination: "/new/", Depth: "infinity" }, 201],
  ["Depth: 0 into itself, which has an end", "/src/", { Destination: "/src/new/", Depth: "0" }, 201],
  ["a document beside itself", "/src/a", { Destination: "/src/c" }, 201],
  ["the destination as an absolute URL (§10.3)", "/doc", { Destination: "http://files.example/new" }, 201],
];

test.each(judged)("COPY: %s", async (_name, target, fields, status) => {
  const { ask } = await open();
  expect((await ask("COPY", target, fields)).status).toBe(status);
});

const refused: readonly [name: string, target: string, fields: Record<string, string>, status: number][] = [
  ["Overwrite: F over what is there: 412 (§9.8.4)", "/doc", { Destination: "/other", Overwrite: "F" }, 412],
  ["no parent at the destination: 409 (§9.8.5)", "/doc", { Destination: "/none/new" }, 409],
  ["a document as the destination's parent: 409 (§9.8.5)", "/doc", { Destination: "/other/new" }, 409],
  ["nothing to copy: 404", "/none", { Destination: "/new" }, 404],
  ["onto itself: 403 (§9.8.5)", "/doc", { Destination: "/doc" }, 403],
  ["onto itself in another spelling: 403 (§9.8.5)", "/doc", { Destination: "/%64oc/" }, 403],
  ["into itself: 403", "/src/", { Destination: "/src/sub/new/" }, 403],
  ["over a member of its own: 403", "/src/", { Destination: "/src/sub/" }, 403],
  ["over its parent: 403", "/src/sub/", { Destination: "/src/" }, 403],
  ["a document over an ancestor: 403", "/src/sub/b", { Destination: "/src/" }, 403],
  ["Depth: 0 over an ancestor: 403", "/src/sub/", { Destination: "/src/", Depth: "0" }, 403],
  ["over the root: 403", "/src/", { Destination: "/" }, 403],
  ["the root into itself: 403", "/", { Destination: "/new/" }, 403],
  ["Depth: 1: 400 (§9.8.3)", "/src/", { Destination: "/new/", Depth: "1" }, 400],
  ["a Depth that is none: 400 (§10.2)", "/src/", { Destination: "/new/", Depth: "2" }, 400],
  ["an Overwrite that is none: 400 (§10.6)", "/doc", { Destination: "/other", Overwrite: "maybe" }, 400],
  ["no Destination: 400 (§10.3)", "/doc", {}, 400],
  ["a Destination with dot segments: 400", "/doc", { Destination: "/dst/../new" }, 400],
  ["a Destination with encoded dot segments: 400", "/doc", { Destination: "/dst/%2e%2E/new" }, 400],
  ["a Destination with an encoded slash: 400", "/doc", { Destination: "/dst%2fnew" }, 400],
  ["a Destination with NUL: 400", "/doc", { Destination: "/new%00" }, 400],
  ["a Destination with a control character: 400", "/doc", { Destination: "/new%0d%0aX: y" }, 400],
  [
    "a Destination on another host: 502 (§9.8.5)",
    "/doc",
    { Destination: "http://elsewhere.example/new" },
    502,
  ],
  [
    "a Destination in another scheme: 502 (§9.8.5)",
    "/doc",
    { Destination: "https://files.example/new" },
    502,
  ],
  ["a Destination among status documents: 403", "/doc", { Destination: "/.meanwhile/operations/x" }, 403],
  ["the same, encoded: 403", "/doc", { Destination: "/%2eme%61nwhile//operations/x" }, 403],
  ["a Destination above status documents: 403", "/doc", { Destination: "/.meanwhile" }, 403],
  ["a status document as source: 403", "/.meanwhile/operations/x", { Destination: "/new" }, 403],
  [
    "If-Match that does not hold: 412 (RFC 9110 §13.1.1)",
    "/doc",
    { Destination: "/new", "If-Match": '"x"' },
    412,
  ],
  ["an If that does not hold: 412 (§10.4)", "/doc", { Destination: "/new", If: "(<urn:x:1>)" }, 412],
  ["an If that is malformed: 400 (§10.4.2)", "/doc", { Destination: "/new", If: "(<urn:x:1>" }, 400],
  [
    "a name that is too long: 403, for the Request-URI is not",
    "/doc",
    { Destination: `/${"n".repeat(256)}` },
    403,
  ],
];

test.each(refused)("COPY refused: %s, and nothing is changed", async (_name, target, fields, status) => {
  const { ask, tree } = await open();
  const before = await snapshot(tree, root);
  expect((await ask("COPY", target, fields)).status).toBe(status);
  expect(await snapshot(tree, root)).toEqual(before);
});

test("COPY with content is refused with 415, for it would be ignored (§8.4)", async () => {
  const { ask, tree } = await open();
  expect((await ask("COPY", "/doc", { Destination: "/new" }, "<x/>")).status).toBe(415);
  expect(await tree.lookup(parsePath("/new"))).toBeUndefined();
});

test("COPY with Depth infinity copies all members, contents and dead properties (§9.8.2, §9.8.3)", async () => {
  const { ask, tree } = await open();
  const source = await snapshot(tree, parsePath("/src"));
  expect((await ask("COPY", "/src/", { Destination: "/new/" })).status).toBe(201);
  expect(Object.keys(source)).toHaveLength(4);
  expect(await snapshot(tree, parsePath("/new"))).toEqual(source);
  expect(await snapshot(tree, parsePath("/src"))).toEqual(source);
});

test("COPY with Depth 0 copies the collection and its properties, but no members (§9.8.3)", async () => {
  const { ask, tree } = await open();
  await ask("COPY", "/src/", { Destination: "/new/", Depth: "0" });
  const { ".": collection } = await snapshot(tree, parsePath("/src"));
  expect(await snapshot(tree, parsePath("/new"))).toEqual({ ".": collection });
});

test("COPY over a collection leaves nothing of it: no merging (§9.8.4)", async () => {
  const { ask, tree } = await open();
  expect((await ask("COPY", "/src/", { Destination: "/dst/" })).status).toBe(204);
  expect(await snapshot(tree, parsePath("/dst"))).toEqual(await snapshot(tree, parsePath("/src")));
});

test("COPY tells of exactly the members that failed, by their source, and copies the rest (§9.8.3)", async () => {
  const tree = createMemoryTree({
    failing: (act, path) => (act === "read" && path.startsWith("/src/sub") ? "denied" : undefined),
  });
  const { ask } = await open({ tree });
  const answer = await ask("COPY", "/src/", { Destination: "/new/" });
  // "424 (Failed Dependency) errors SHOULD NOT be in the 207": what is below /src/sub/ is not told of.
  expect(memberStatuses(answer)).toEqual({ "/src/sub/": 403 });
  expect(Object.keys(await snapshot(tree, parsePath("/new"))).sort()).toEqual([".", "./a"]);
});

test("COPY that cannot copy a member replaces nothing, and names what failed (§9.8.5)", async () => {
  const tree = createMemoryTree({
    failing: (act, path) => (act === "read" && path === "/src/sub/b" ? "no-space" : undefined),
  });
  const { ask } = await open({ tree });
  const there = async () => [
    await snapshot(tree, parsePath("/dst")),
    await snapshot(tree, parsePath("/doc")),
  ];
  const before = await there();
  for (const destination of ["/dst/", "/doc"]) {
    const answer = await ask("COPY", "/src/", { Destination: destination });
    expect(memberStatuses(answer)).toEqual({ "/src/sub/b": 507 });
    expect(answer.body).toContain("<D:responsedescription>Nothing was changed");
  }
  expect(await there()).toEqual(before);
});

test("COPY whose Request-URI itself fails is no 207, and the destination stays as it was (§9.8.5)", async () => {
  const tree = createMemoryTree({
    failing: (act, path) => (act === "read" && path === "/src" ? "denied" : undefined),
  });
  const { ask } = await open({ tree });
  expect((await ask("COPY", "/src/", { Destination: "/dst/" })).status).toBe(403);
  expect(Object.keys(await snapshot(tree, parsePath("/dst"))).sort()).toEqual([".", "./old"]);
});

test("COPY without room left is 507 with sufficient-disk-space (§9.8.5, RFC 4331 §6)", async () => {
  const tree = createMemoryTree({
    failing: (act, path) => (act === "write" && path === "/new" ? "no-space" : undefined),
  });
  const { ask } = await open({ tree });
  const answer = await ask("COPY", "/doc", { Destination: "/new" });
  expect(answer.status).toBe(507);
  expect(answer.body).toContain("sufficient-disk-space");
});

test("a tree that fails in a way that nobody foresaw is a 500 that tells nothing of it", async () => {
  const tree = createMemoryTree();
  const { ask, log } = await open({ tree });
  tree.copy = () => Promise.reject(new Error("/home/jane/secret is broken"));
  const answer = await ask("COPY", "/doc", { Destination: "/new" });
  expect(answer.status).toBe(500);
  expect(answer.body).not.toContain("jane");
  expect(String(log.at(-1)?.error)).toContain("/home/jane/secret");
});

test("COPY neither needs nor copies the locks of its source (§7.6)", async () => {
  const { ask, locks } = await open();
  await plantLock(locks, "/src");
  expect((await ask("COPY", "/src/", { Destination: "/new/" })).status).toBe(201);
  expect(await lockRoots(locks)).toEqual(["/src"]);
});

test("COPY over a locked resource needs its token; the lock stays with the URL (§7.6)", async () => {
  const { ask, locks } = await open();
  const { token } = await plantLock(locks, "/dst");
  expect((await ask("COPY", "/src/", { Destination: "/dst/" })).status).toBe(423);
  expect((await ask("COPY", "/src/", { Destination: "/dst/", ...submit({ "/dst/": token }) })).status).toBe(
    204,
  );
  expect(await lockRoots(locks)).toEqual(["/dst"]);
});

test("COPY over a collection with locked members needs their tokens, and ends those locks (§7.5)", async () => {
  const { ask, locks } = await open();
  const { token } = await plantLock(locks, "/dst/old");
  const answer = await ask("COPY", "/src/", { Destination: "/dst/" });
  expect(answer.status).toBe(423);
  expect(answer.body).toContain("<D:href>/dst/old</D:href>");
  expect(
    (await ask("COPY", "/src/", { Destination: "/dst/", ...submit({ "/dst/old": token }) })).status,
  ).toBe(204);
  expect(await lockRoots(locks)).toEqual([]);
});

const membership: readonly [name: string, destination: string][] = [
  ["a new member", "/dst/new"],
  ["over a member", "/dst/old"],
];
test.each(membership)(
  "a depth 0 lock on a collection protects it from COPY of %s (§7.4)",
  async (_name, destination) => {
    const { ask, locks } = await open();
    const { token } = await plantLock(locks, "/dst", { depth: "0" });
    expect((await ask("COPY", "/doc", { Destination: destination })).status).toBe(423);
    const answer = await ask("COPY", "/doc", { Destination: destination, ...submit({ "/dst/": token }) });
    expect([201, 204]).toContain(answer.status);
    expect(await lockRoots(locks)).toEqual(["/dst"]);
  },
);

test("the token of somebody else's lock is of no use to COPY (§6.4)", async () => {
  const { ask, locks } = await open();
  const { token } = await plantLock(locks, "/other", { principal: "jane" });
  const fields = { Destination: "/other", ...submit({ "/other": token }) };
  expect((await ask("COPY", "/doc", { ...fields, "X-Test-Principal": "joe" })).status).toBe(423);
  expect((await ask("COPY", "/doc", { ...fields, "X-Test-Principal": "jane" })).status).toBe(204);
});

type Rules = Parameters<typeof rights>[0];
const rightless: readonly [name: string, rules: Rules, target: string, destination: string][] = [
  ["read at the source", { "/": "rw", "/src": "w" }, "/src/", "/new/"],
  ["write at the destination", { "/": "rw", "/new": "r" }, "/src/", "/new/"],
  ["write at the destination's parent", { "/": "rw", "/dst": "r", "/dst/new": "rw" }, "/doc", "/dst/new"],
  ["write at a member that would be replaced", { "/": "rw", "/dst/old": "r" }, "/src/", "/dst/"],
  ["write where a new member would come to be", { "/": "rw", "/new/sub/b": "r" }, "/src/", "/new/"],
];
test.each(rightless)(
  "COPY without the right to %s is refused with 403, and changes nothing",
  async (_name, rules, target, destination) => {
    const { ask, tree } = await open({ access: rights(rules) });
    const before = await snapshot(tree, root);
    expect((await ask("COPY", target, { Destination: destination })).status).toBe(403);
    expect(await snapshot(tree, root)).toEqual(before);
  },
);

test("COPY leaves out members that the principal may not read, and says so without their names (§9.8.3)", async () => {
  const { ask, tree } = await open({ access: rights({ "/": "rw", "/src/sub": "w", "/src/none": "" }) });
  expect(memberStatuses(await ask("COPY", "/src/", { Destination: "/new/" }))).toEqual({ "/src/": 403 });
  expect(Object.keys(await snapshot(tree, parsePath("/new"))).sort()).toEqual([".", "./a"]);
});

test("a right that is missing is told before what is there (no probing by preconditions)", async () => {
  const { ask } = await open({ access: rights({ "/": "rw", "/src": "" }) });
  for (const target of ["/src/a", "/src/none"]) {
    expect((await ask("COPY", target, { Destination: "/new", "If-Match": '"x"' })).status).toBe(403);
  }
});

test("COPY waits its turn no longer than it should: 503 with Retry-After while others work there", async () => {
  const { ask, operations } = await open();
  const release = await operations.claims.acquire([{ path: "/dst", scope: "tree", mode: "exclusive" }], 0);
  const answer = await ask("COPY", "/doc", { Destination: "/dst/new" });
  expect(answer.status).toBe(503);
  expect(Number(answer.field("Retry-After"))).toBeGreaterThan(0);
  release?.();
  expect((await ask("COPY", "/doc", { Destination: "/dst/new" })).status).toBe(201);
  expect(operations.claims.held).toBe(0);
});

test("two COPYs of one source get along with each other, and claims end with failures too", async () => {
  const { ask, operations, tree } = await open();
  const release = await operations.claims.acquire([{ path: "/src", scope: "tree", mode: "shared" }], 0);
  expect((await ask("COPY", "/src/", { Destination: "/new/" })).status).toBe(201);
  release?.();
  tree.copy = () => Promise.reject(new TreeError("unavailable"));
  expect((await ask("COPY", "/src/", { Destination: "/new2/" })).status).toBe(503);
  expect(operations.claims.held).toBe(0);
});

test.each(["COPY", "MOVE"])(
  "%s replaces what the If header says of its destination, and nothing that came between (§10.4)",
  async (method) => {
    const tree = createMemoryTree();
    const { ask } = await open({ tree });
    const seen = await etagOf(tree, parsePath("/other"));
    const fields = { Destination: "/other", If: `</other> ([${seen}])` };
    const { see } = tree;
    // Another program writes after the header was judged, and before the destination is looked at.
    tree.see = async (path, options) => {
      if (path === "/other") await put(tree, path, "written meanwhile");
      return see.call(tree, path, options);
    };
    expect((await ask(method, "/doc", fields)).status).toBe(412);
    tree.see = see;
    expect((await ask(method, "/doc", fields)).status).toBe(412);
    expect(await contentOf(tree, parsePath("/other"))).toBe("written meanwhile");
    const now = await etagOf(tree, parsePath("/other"));
    expect((await ask(method, "/doc", { ...fields, If: `</other> ([${now}])` })).status).toBe(204);
    expect(await contentOf(tree, parsePath("/other"))).not.toBe("written meanwhile");
  },
);
