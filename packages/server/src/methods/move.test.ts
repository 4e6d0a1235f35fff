import { parsePath } from "@meanwhile/dav";
import { afterEach, expect, test } from "vitest";
import { TreeError } from "../store.ts";
import { createMemoryTree } from "../testing/memory/memory-tree.ts";
import { lockRoots, plantLock, submit } from "../testing/own/lock-fixture.ts";
import { rights } from "../testing/own/rights-fixture.ts";
import { memberStatuses, type Served, type ServeOptions, serve } from "../testing/own/serve-fixture.ts";
import { plant, snapshot } from "../testing/tree/tree-fixture.ts";

const root = parsePath("/");
const denied = new TreeError("denied");
const servers: Served[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function open(options: ServeOptions = {}): Promise<Served> {
  const server = await serve(options);
  servers.push(server);
  const paths = ["/src/", "/src/a", "/src/sub/", "/src/sub/b", "/dst/", "/dst/old", "/doc", "/other"];
  await plant(server.tree, ...paths);
  return server;
}

const moved: readonly [name: string, target: string, fields: Record<string, string>, status: number][] = [
  ["a document to an unmapped URL (§9.9.4)", "/doc", { Destination: "/new" }, 201],
  ["a collection to an unmapped URL (§9.9.2)", "/src/", { Destination: "/new/" }, 201],
  ["a collection with Depth: infinity (§9.9.2)", "/src/", { Destination: "/new/", Depth: "infinity" }, 201],
  ["a document over another (§9.9.3)", "/doc", { Destination: "/other" }, 204],
  ["a collection over a collection (§9.9.3)", "/src/", { Destination: "/dst/", Overwrite: "T" }, 204],
  ["a collection over a document (§9.9.3)", "/src/", { Destination: "/doc" }, 204],
  ["a document over a collection (§9.9.3)", "/doc", { Destination: "/dst/" }, 204],
  ["out of a collection", "/src/sub/b", { Destination: "/b" }, 201],
  ["Overwrite: F to an unmapped URL", "/doc", { Destination: "/new", Overwrite: "F" }, 201],
  ["a document whose Depth means nothing", "/doc", { Destination: "/new", Depth: "0" }, 201],
];
test.each(moved)(
  "MOVE: %s: all is at the destination, with dead properties, and the source is gone",
  async (_name, target, fields, status) => {
    const { ask, tree } = await open();
    const before = await snapshot(tree, parsePath(target));
    expect((await ask("MOVE", target, fields)).status).toBe(status);
    expect(await snapshot(tree, parsePath(fields["Destination"] ?? ""))).toEqual(before);
    expect(await snapshot(tree, parsePath(target))).toEqual({});
  },
);

const refused: readonly [name: string, target: string, fields: Record<string, string>, status: number][] = [
  ["Overwrite: F over what is there: 412 (§9.9.3)", "/doc", { Destination: "/other", Overwrite: "F" }, 412],
  ["no parent at the destination: 409 (§9.9.4)", "/doc", { Destination: "/none/new" }, 409],
  ["a document as the destination's parent: 409", "/doc", { Destination: "/other/new" }, 409],
  ["nothing to move: 404", "/none", { Destination: "/new" }, 404],
  ["onto itself: 403 (§9.9.4)", "/src/", { Destination: "/src" }, 403],
  ["into itself: 403", "/src/", { Destination: "/src/new/" }, 403],
  ["over a member of its own: 403", "/src/", { Destination: "/src/sub/" }, 403],
  ["over its parent: 403", "/src/sub/", { Destination: "/src/" }, 403],
  ["a document over an ancestor: 403", "/src/sub/b", { Destination: "/src/" }, 403],
  ["the root: 403", "/", { Destination: "/new/" }, 403],
  ["over the root: 403", "/src/", { Destination: "/" }, 403],
  ["a collection with Depth: 0: 400 (§9.9.2)", "/src/", { Destination: "/new/", Depth: "0" }, 400],
  ["a collection with Depth: 1: 400 (§9.9.2)", "/src/", { Destination: "/new/", Depth: "1" }, 400],
  ["no Destination: 400", "/doc", {}, 400],
  [
    "a Destination on another port: 502 (§9.9.4)",
    "/doc",
    { Destination: "http://files.example:8080/new" },
    502,
  ],
  ["a Destination among status documents: 403", "/doc", { Destination: "/.meanwhile/operations/x" }, 403],
  ["a status document: 403", "/.meanwhile/operations/x", { Destination: "/new" }, 403],
  ["the collection above status documents: 403", "/.meanwhile/", { Destination: "/new" }, 403],
  [
    "If-Unmodified-Since that does not hold: 412",
    "/doc",
    { Destination: "/new", "If-Unmodified-Since": "Thu, 01 Jan 1998 00:00:00 GMT" },
    412,
  ],
  ["a name that is too long: 403", "/doc", { Destination: `/${"n".repeat(256)}` }, 403],
];
test.each(refused)("MOVE refused: %s, and nothing is changed", async (_name, target, fields, status) => {
  const { ask, tree } = await open();
  const before = await snapshot(tree, root);
  expect((await ask("MOVE", target, fields)).status).toBe(status);
  expect(await snapshot(tree, root)).toEqual(before);
});

test("MOVE with content is refused with 415 (§8.4)", async () => {
  const { ask, tree } = await open();
  expect((await ask("MOVE", "/doc", { Destination: "/new" }, "<x/>")).status).toBe(415);
  expect(await tree.lookup(parsePath("/doc"))).toBeDefined();
});

type Locked = readonly [
  name: string,
  lock: { path: string; depth?: "0" | "infinity" },
  target: string,
  destination: string,
];
const locked: readonly Locked[] = [
  ["on the source", { path: "/doc" }, "/doc", "/new"],
  ["with depth 0 on the source's parent (§7.4)", { path: "/src/", depth: "0" }, "/src/a", "/new"],
  ["with depth infinity on an ancestor", { path: "/src/" }, "/src/sub/b", "/new"],
  ["on a member of the source", { path: "/src/sub/b" }, "/src/", "/new/"],
  ["on the destination", { path: "/other" }, "/doc", "/other"],
  ["on a member of the destination", { path: "/dst/old" }, "/src/", "/dst/"],
  [
    "with depth 0 on the destination's parent, for a new member (§7.4)",
    { path: "/dst/", depth: "0" },
    "/doc",
    "/dst/new",
  ],
  [
    "with depth 0 on the destination's parent, over a member (§7.4)",
    { path: "/dst/", depth: "0" },
    "/doc",
    "/dst/old",
  ],
  [
    "with depth 0 on the parent of both, for a new name (§7.4)",
    { path: "/src/", depth: "0" },
    "/src/a",
    "/src/c",
  ],
];
test.each(locked)(
  "MOVE needs the token of a lock %s",
  async (_name, { path, depth = "infinity" }, target, destination) => {
    const { ask, locks, tree } = await open();
    const { token } = await plantLock(locks, path, { depth, principal: "jane" });
    const before = await snapshot(tree, root);
    const jane = { Destination: destination, "X-Test-Principal": "jane" };
    const answer = await ask("MOVE", target, jane);
    expect(answer.status).toBe(423);
    expect(answer.body).toContain("lock-token-submitted");
    expect(answer.body).toContain(`<D:href>${path}</D:href>`);
    const joe = { ...jane, "X-Test-Principal": "joe", ...submit({ [path]: token }) };
    expect((await ask("MOVE", target, joe)).status).toBe(423);
    expect(await snapshot(tree, root)).toEqual(before);
    expect([201, 204]).toContain(
      (await ask("MOVE", target, { ...jane, ...submit({ [path]: token }) })).status,
    );
  },
);

test("MOVE takes no locks along: those of the source and of its members end (§7.6)", async () => {
  const { ask, locks } = await open();
  const source = await plantLock(locks, "/src", { depth: "0" });
  const member = await plantLock(locks, "/src/sub/b");
  const tokens = submit({ "/src/": source.token, "/src/sub/b": member.token });
  expect((await ask("MOVE", "/src/", { Destination: "/new/", ...tokens })).status).toBe(201);
  expect(await lockRoots(locks)).toEqual([]);
});

test("MOVE onto a locked URL leaves the lock there, and ends those of its members (§7.6)", async () => {
  const { ask, locks } = await open();
  const destination = await plantLock(locks, "/dst", { depth: "0" });
  const member = await plantLock(locks, "/dst/old");
  const tokens = submit({ "/dst/": destination.token, "/dst/old": member.token });
  expect((await ask("MOVE", "/src/", { Destination: "/dst/", ...tokens })).status).toBe(204);
  expect(await lockRoots(locks)).toEqual(["/dst"]);
});

test("MOVE into a collection that is locked with depth infinity adds the resource to the lock (§7.5)", async () => {
  const { ask, locks } = await open();
  const { token } = await plantLock(locks, "/dst");
  expect((await ask("MOVE", "/doc", { Destination: "/dst/new", ...submit({ "/dst/": token }) })).status).toBe(
    201,
  );
  expect((await ask("DELETE", "/dst/new")).status).toBe(423);
});

test("MOVE that fails leaves all locks as they were", async () => {
  const tree = createMemoryTree({ failing: (act) => (act === "remove" ? "denied" : undefined) });
  const { ask, locks } = await open({ tree });
  const { token } = await plantLock(locks, "/src");
  expect((await ask("MOVE", "/src/", { Destination: "/new/", ...submit({ "/src/": token }) })).status).toBe(
    403,
  );
  expect(await lockRoots(locks)).toEqual(["/src"]);
});

test("MOVE of which members stay tells of exactly those, and ends the locks of the others (§9.9.4, §7.6)", async () => {
  const { ask, tree, locks } = await open();
  // As a tree does that must copy and remove, from one file system to another.
  const { move } = tree;
  tree.move = (source, destination, options, work) =>
    move
      .call(tree, source, destination, options, {
        ...work,
        signal: work.signal,
        skipped: new Set([parsePath("/src/a")]),
        done: (path, kind) => work.done(path, kind),
      })
      .then((result) => {
        work.failed(parsePath("/src/a"), "document", denied);
        return result;
      });
  const collection = await plantLock(locks, "/src", { depth: "0" });
  const stays = await plantLock(locks, "/src/a");
  const goes = await plantLock(locks, "/src/sub/b");
  const tokens = submit({ "/src/": collection.token, "/src/a": stays.token, "/src/sub/b": goes.token });
  expect(memberStatuses(await ask("MOVE", "/src/", { Destination: "/new/", ...tokens }))).toEqual({
    "/src/a": 403,
  });
  expect(await lockRoots(locks)).toEqual(["/src", "/src/a"]);
});

type Rules = Parameters<typeof rights>[0];
const rightless: readonly [name: string, rules: Rules, target: string, destination: string][] = [
  ["write at the source", { "/": "rw", "/src": "r" }, "/src/", "/new/"],
  ["write at the source's parent", { "/": "r", "/src": "rw", "/dst": "rw" }, "/src/", "/dst/new"],
  ["write at a member of the source", { "/": "rw", "/src/sub/b": "r" }, "/src/", "/new/"],
  ["read at the source, for it could be read at its destination", { "/": "rw", "/doc": "w" }, "/doc", "/new"],
  ["read at a member of the source", { "/": "rw", "/src/sub/b": "w" }, "/src/", "/new/"],
  ["write at the destination", { "/": "rw", "/new": "r" }, "/src/", "/new/"],
  ["write at the destination's parent", { "/": "rw", "/dst": "r", "/dst/new": "rw" }, "/doc", "/dst/new"],
  ["write at a member that would be replaced", { "/": "rw", "/dst/old": "r" }, "/src/", "/dst/"],
  ["write where a new member would come to be", { "/": "rw", "/new/sub": "r" }, "/src/", "/new/"],
];
test.each(rightless)(
  "MOVE without the right to %s is refused with 403, and changes nothing",
  async (_name, rules, target, destination) => {
    const { ask, tree } = await open({ access: rights(rules) });
    const before = await snapshot(tree, root);
    expect((await ask("MOVE", target, { Destination: destination })).status).toBe(403);
    expect(await snapshot(tree, root)).toEqual(before);
  },
);
