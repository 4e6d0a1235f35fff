import assert from "node:assert/strict";
import { parentOf } from "@meanwhile/dav";
import { testWork } from "../test-work.ts";
import { plantMany, stoppedWork } from "./tree-copy-cases.ts";
import { assertComplete, assertSound, at, membersOf, plant, put, refused, snapshot } from "./tree-fixture.ts";
import { type TreeCase, treeCase, treeCaseNeeding } from "./tree-subject.ts";

const wood = ["/s/", "/s/a", "/s/b/", "/s/b/a", "/s/b/c/", "/s/b/c/d", "/s/empty/", "/s/z"];

export const removeCases: readonly TreeCase[] = [
  treeCase("DELETE of a document removes it and its dead properties (§9.6)", async ({ tree }) => {
    await plant(tree, "/s", "/other");
    const work = testWork();
    await tree.remove(at("/s"), work);
    assertComplete(work);
    assert.deepEqual(work.donePaths, [at("/s")]);
    assert.equal(await tree.lookup(at("/s")), undefined);
    assert.deepEqual(await tree.properties(at("/s")), []);
    assert.deepEqual([...(await membersOf(tree, at("/"))).keys()], ["other"]);
  }),
  treeCase("DELETE of a collection removes all below it, members first (§9.6.1)", async ({ tree }) => {
    await plant(tree, ...wood, "/sb/", "/sb/a", "/s%/");
    const work = testWork();
    await tree.remove(at("/s"), work);
    assertComplete(work);
    assert.deepEqual(work.donePaths.toSorted(), wood.map(at).toSorted());
    for (const [index, path] of work.donePaths.entries()) {
      const parent = parentOf(path);
      const parentIndex = parent === undefined ? -1 : work.donePaths.indexOf(parent);
      assert(path === "/s" || parentIndex > index, `${path} before its collection`);
    }
    assert.deepEqual([...(await membersOf(tree, at("/"))).keys()].sort(), ["s%", "sb"]);
    assert.equal((await tree.lookup(at("/sb/a")))?.kind, "document");
  }),
  treeCase("DELETE tells of each member what kind it is", async ({ tree }) => {
    await plant(tree, ...wood);
    const work = testWork();
    await tree.remove(at("/s"), work);
    const collections = new Set(wood.filter((path) => path.endsWith("/")).map(at));
    for (const event of work.events) {
      if (event.kind !== "done") continue;
      assert.equal(event.resource, collections.has(event.path) ? "collection" : "document", event.path);
    }
  }),
  treeCase("DELETE of what is not there fails", async ({ tree }) => {
    await plant(tree, "/document");
    for (const path of ["/nothing", "/nothing/below", "/document/below"]) {
      await refused(() => tree.remove(at(path), testWork()), "not-found");
    }
    assert.equal((await tree.lookup(at("/document")))?.kind, "document");
  }),
  treeCase("DELETE leaves skipped members, with all below and all above them", async ({ tree }) => {
    await plant(tree, ...wood);
    const before = await snapshot(tree, at("/s"));
    const work = testWork({ skipped: [at("/s/b/c"), at("/s/z"), at("/elsewhere")] });
    await tree.remove(at("/s"), work);
    assertSound(work);
    assert.equal(work.failures.size, 0);
    assert.deepEqual(work.donePaths.toSorted(), ["/s/a", "/s/b/a", "/s/empty"].map(at));
    const { "./a": _, "./b/a": __, "./empty": ___, ...stayed } = before;
    assert.deepEqual(await snapshot(tree, at("/s")), stayed);
  }),
  treeCaseNeeding(
    "irremovable",
    "DELETE tells of the members that it cannot remove; they and their ancestors stay (§9.6.1)",
    async ({ tree }, irremovable) => {
      await plant(tree, ...wood);
      const before = await snapshot(tree, at("/s"));
      await irremovable(at("/s/b/c/d"));
      const work = testWork();
      await tree.remove(at("/s"), work);
      assertSound(work);
      assert.deepEqual([...work.failures], [[at("/s/b/c/d"), "denied"]]);
      assert.deepEqual(work.donePaths.toSorted(), ["/s/a", "/s/b/a", "/s/empty", "/s/z"].map(at));
      const stayed = ["." as const, "./b", "./b/c", "./b/c/d"].map((path) => [path, before[path]]);
      assert.deepEqual(await snapshot(tree, at("/s")), Object.fromEntries(stayed));
    },
  ),
  treeCaseNeeding(
    "irremovable",
    "DELETE of a document that cannot be removed fails, and leaves it",
    async ({ tree }, irremovable) => {
      await plant(tree, "/s");
      const before = await snapshot(tree, at("/s"));
      await irremovable(at("/s"));
      await refused(() => tree.remove(at("/s"), testWork()), "denied");
      assert.deepEqual(await snapshot(tree, at("/s")), before);
    },
  ),
  treeCase("DELETE that is stopped before it began changes nothing", async ({ tree }) => {
    await plant(tree, ...wood);
    const before = await snapshot(tree, at("/"));
    for (const path of ["/s", "/s/a"]) {
      await refused(() => tree.remove(at(path), testWork({ signal: AbortSignal.abort() })), "stopped");
    }
    assert.deepEqual(await snapshot(tree, at("/")), before);
  }),
  treeCase(
    "DELETE that is stopped in its middle has removed what it told, and nothing else",
    async ({ tree }) => {
      await plantMany(tree, 1000);
      const work = stoppedWork("done");
      await refused(() => tree.remove(at("/s"), work), "stopped");
      assertSound(work);
      assert(work.donePaths.length < 1001, "all was removed before it stopped");
      const left = await membersOf(tree, at("/s"));
      assert.equal(left.size, 1000 - work.donePaths.length);
      for (const path of work.donePaths) assert.equal(await tree.lookup(path), undefined, path);
      const again = testWork();
      await tree.remove(at("/s"), again);
      assertComplete(again);
      assert.equal(await tree.lookup(at("/s")), undefined);
    },
  ),
  treeCase("what was removed can be made again, as the other kind", async ({ tree }) => {
    await plant(tree, "/a", "/b/", "/b/member");
    await tree.remove(at("/a"), testWork());
    await tree.remove(at("/b"), testWork());
    await tree.createCollection(at("/a"), []);
    await put(tree, at("/b"), "content");
    assert.deepEqual(await snapshot(tree, at("/")), {
      ".": "collection",
      "./a": "collection",
      "./b": "content",
    });
  }),
];
