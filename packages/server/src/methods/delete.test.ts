import { parsePath } from "@meanwhile/dav";
import { afterEach, expect, test } from "vitest";
import { createMemoryTree } from "../testing/memory/memory-tree.ts";
import { lockRoots, plantLock, submit } from "../testing/own/lock-fixture.ts";
import { rights } from "../testing/own/rights-fixture.ts";
import { memberStatuses, type Served, type ServeOptions, serve } from "../testing/own/serve-fixture.ts";
import { plant, snapshot } from "../testing/tree/tree-fixture.ts";

const root = parsePath("/");
const servers: Served[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function open(options: ServeOptions = {}): Promise<Served> {
  const server = await serve(options);
  servers.push(server);
  await plant(server.tree, "/a/", "/a/b/", "/a/b/c/", "/a/b/c/d", "/a/b/x", "/a/e", "/doc");
  return server;
}

const removed: readonly [name: string, target: string, fields: Record<string, string>][] = [
  ["a document", "/doc", {}],
  ["a document, whatever Depth says", "/doc", { Depth: "0" }],
  ["a collection with all its members (§9.6.1)", "/a/", {}],
  ["a collection named without its slash (§5.2)", "/a", {}],
  ["a collection with Depth: infinity (§9.6.1)", "/a/", { Depth: "infinity" }],
  ["Depth is read in any case (§10.2)", "/a/", { Depth: "Infinity" }],
];
test.each(removed)("DELETE: %s: 204 without content", async (_name, target, fields) => {
  const { ask, tree } = await open();
  const answer = await ask("DELETE", target, fields);
  expect(answer.status).toBe(204);
  expect(answer.field("Content-Length")).toBeUndefined();
  expect(await snapshot(tree, parsePath(target))).toEqual({});
  expect((await ask("DELETE", target, fields)).status).toBe(404);
});

test("dead properties vanish with their resource: a new one of the same name has none", async () => {
  const { ask, tree } = await open();
  expect(await tree.properties(parsePath("/doc"))).toHaveLength(1);
  await ask("DELETE", "/doc");
  await ask("PUT", "/doc", {}, "new");
  expect(await tree.properties(parsePath("/doc"))).toEqual([]);
});

const refused: readonly [name: string, target: string, fields: Record<string, string>, status: number][] = [
  ["nothing there: 404", "/none", {}, 404],
  ["nothing below a document: 404", "/doc/x", {}, 404],
  ["the root: 403", "/", {}, 403],
  ["a collection with Depth: 0: 400 (§9.6.1)", "/a/", { Depth: "0" }, 400],
  ["a collection with Depth: 1: 400 (§9.6.1)", "/a/", { Depth: "1" }, 400],
  ["a malformed If: 400 (§10.4)", "/a/", { If: "<" }, 400],
  ["an If that does not hold: 412", "/a/", { If: '(["x"])' }, 412],
  ["If-Match that does not hold: 412", "/doc", { "If-Match": '"other"' }, 412],
  ["status documents: 403", "/.meanwhile/operations/", {}, 403],
  ["what is above status documents: 403", "/.meanwhile", {}, 403],
  ["a status document that never was: 404", "//%2Emeanwhile/%6Fperations/x", {}, 404],
];
test.each(refused)("DELETE refused: %s, and nothing is changed", async (_name, target, fields, status) => {
  const { ask, tree } = await open();
  const before = await snapshot(tree, root);
  expect((await ask("DELETE", target, fields)).status).toBe(status);
  expect(await snapshot(tree, root)).toEqual(before);
});

test("DELETE with content is refused with 415 (§8.4)", async () => {
  const { ask, tree } = await open();
  expect((await ask("DELETE", "/doc", {}, "x")).status).toBe(415);
  expect(await tree.lookup(parsePath("/doc"))).toBeDefined();
});

test("a request target with a fragment is refused: what stands before it is not deleted (RFC 9112 §3.2)", async () => {
  const { ask, tree } = await open();
  expect((await ask("DELETE", "/a/#frag")).status).toBe(400);
  expect(await tree.lookup(parsePath("/a"))).toBeDefined();
});

test("DELETE tells of exactly the members that failed; their ancestors stay untold, the rest goes (§9.6.1)", async () => {
  const tree = createMemoryTree({
    failing: (act, path) => (act === "remove" && path === "/a/b/c/d" ? "denied" : undefined),
  });
  const { ask } = await open({ tree });
  expect(memberStatuses(await ask("DELETE", "/a/"))).toEqual({ "/a/b/c/d": 403 });
  expect(Object.keys(await snapshot(tree, parsePath("/a"))).sort()).toEqual([".", "./b", "./b/c", "./b/c/d"]);
});

test("a failure of the Request-URI itself is the status of the response, not a 207 (§9.6.1)", async () => {
  const tree = createMemoryTree({
    failing: (act, path) => (act === "remove" && path === "/a" ? "denied" : undefined),
  });
  const { ask } = await open({ tree });
  expect((await ask("DELETE", "/a/")).status).toBe(403);
});

test("a locked member is not deleted with its collection; it and its ancestors stay, with the lock (§9.6.1)", async () => {
  const { ask, tree, locks } = await open();
  await plantLock(locks, "/a/b/c");
  const answer = await ask("DELETE", "/a/");
  expect(memberStatuses(answer)).toEqual({ "/a/b/c/": 423 });
  expect(answer.body).toContain("lock-token-submitted");
  expect(Object.keys(await snapshot(tree, parsePath("/a"))).sort()).toEqual([".", "./b", "./b/c", "./b/c/d"]);
  expect(await lockRoots(locks)).toEqual(["/a/b/c"]);
});

test("a lock on a member that holds another locked member is told of once, at the outer one", async () => {
  const { ask, locks } = await open();
  await plantLock(locks, "/a/b", { depth: "0" });
  await plantLock(locks, "/a/b/c/d");
  expect(memberStatuses(await ask("DELETE", "/a/"))).toEqual({ "/a/b/": 423 });
});

test("DELETE with the tokens of all locked members ends those locks (§7.5)", async () => {
  const { ask, tree, locks } = await open();
  const inner = await plantLock(locks, "/a/b/c/d");
  const outer = await plantLock(locks, "/a", { depth: "0" });
  const tokens = submit({ "/a/": outer.token, "/a/b/c/d": inner.token });
  expect((await ask("DELETE", "/a/", tokens)).status).toBe(204);
  expect(await tree.lookup(parsePath("/a"))).toBeUndefined();
  expect(await lockRoots(locks)).toEqual([]);
});

const locked: readonly [name: string, path: string, depth: "0" | "infinity", target: string][] = [
  ["on the resource", "/doc", "0", "/doc"],
  ["with depth infinity on the collection itself", "/a/", "infinity", "/a/"],
  ["with depth infinity on an ancestor", "/a/", "infinity", "/a/b/c/d"],
  ["with depth 0 on the parent (§7.4)", "/a/", "0", "/a/e"],
  ["with depth 0 on the root, for a member of the root (§7.4)", "/", "0", "/doc"],
];
test.each(locked)("DELETE needs the token of a lock %s", async (_name, path, depth, target) => {
  const { ask, tree, locks } = await open();
  const { token } = await plantLock(locks, path, { depth, principal: "jane" });
  const answer = await ask("DELETE", target, { "X-Test-Principal": "jane" });
  expect(answer.status).toBe(423);
  expect(answer.body).toContain(`<D:href>${path}</D:href>`);
  const tokens = submit({ [path]: token });
  expect((await ask("DELETE", target, { "X-Test-Principal": "joe", ...tokens })).status).toBe(423);
  expect(await tree.lookup(parsePath(target))).toBeDefined();
  expect((await ask("DELETE", target, { "X-Test-Principal": "jane", ...tokens })).status).toBe(204);
});

test("a lock with depth 0 on a grandparent does not stand in the way (§7.4)", async () => {
  const { ask, locks } = await open();
  await plantLock(locks, "/a", { depth: "0" });
  expect((await ask("DELETE", "/a/b/x")).status).toBe(204);
});

test("of several shared locks on a resource one token is enough (§6.2)", async () => {
  const { ask, locks } = await open();
  await plantLock(locks, "/doc", { scope: "shared", principal: "joe" });
  const { token } = await plantLock(locks, "/doc", { scope: "shared" });
  expect((await ask("DELETE", "/doc")).status).toBe(423);
  expect((await ask("DELETE", "/doc", submit({ "/doc": token }))).status).toBe(204);
  expect(await lockRoots(locks)).toEqual([]);
});

type Rules = Parameters<typeof rights>[0];
const rightless: readonly [name: string, rules: Rules, target: string][] = [
  ["the resource", { "/": "rw", "/doc": "r" }, "/doc"],
  ["its parent", { "/": "rw", "/a": "r", "/a/e": "rw" }, "/a/e"],
];
test.each(rightless)(
  "DELETE without the right to write %s is refused with 403",
  async (_name, rules, target) => {
    const { ask, tree } = await open({ access: rights(rules) });
    expect((await ask("DELETE", target)).status).toBe(403);
    expect(await tree.lookup(parsePath(target))).toBeDefined();
  },
);

test("a member that the principal may not write stays with its ancestors, and is told of (§9.6.1)", async () => {
  const { ask, tree } = await open({ access: rights({ "/": "rw", "/a/b/c": "r", "/a/none": "r" }) });
  expect(memberStatuses(await ask("DELETE", "/a/"))).toEqual({ "/a/b/c/": 403 });
  expect(Object.keys(await snapshot(tree, parsePath("/a"))).sort()).toEqual([".", "./b", "./b/c", "./b/c/d"]);
});
