import assert from "node:assert/strict";
import type { Tree } from "../../store.ts";
import { type TestWork, testWork } from "../test-work.ts";
import {
  assertSound,
  at,
  contentOf,
  etagOf,
  membersOf,
  plant,
  property,
  put,
  refused,
  snapshot,
} from "./tree-fixture.ts";
import { type TreeCase, treeCase, treeCaseNeeding } from "./tree-subject.ts";

const wood = ["/s/", "/s/a", "/s/b/", "/s/b/a", "/s/b/c/", "/s/b/c/d", "/s/empty/", "/s/z"];

export const moveCases: readonly TreeCase[] = [
  treeCase("MOVE takes a document with its content and its dead properties (§9.9)", async ({ tree }) => {
    await plant(tree, "/c/", "/s");
    const before = await snapshot(tree, at("/s"));
    const work = testWork();
    assert.deepEqual(await move(tree, "/s", "/c/d", { work }), { created: true });
    assertMoved(work, "/s");
    assert.equal(await tree.lookup(at("/s")), undefined);
    assert.deepEqual(await tree.properties(at("/s")), []);
    assert.deepEqual(await snapshot(tree, at("/c/d")), before);
    assert.deepEqual([...(await membersOf(tree, at("/"))).keys()], ["c"]);
  }),
  treeCase("MOVE takes a collection with all below it (§9.9.2)", async ({ tree }) => {
    await plant(tree, ...wood, "/t/");
    const before = await snapshot(tree, at("/s"));
    const work = testWork();
    assert.deepEqual(await move(tree, "/s", "/t/d", { work }), { created: true });
    assertMoved(work, "/s");
    assert.equal(await tree.lookup(at("/s")), undefined);
    assert.deepEqual(await snapshot(tree, at("/t/d")), before);
  }),
  treeCase("MOVE leaves no dead properties for what takes the old name", async ({ tree }) => {
    await plant(tree, ...wood);
    await move(tree, "/s", "/d");
    for (const path of ["/s", "/s/b", "/s/b/c", "/s/a", "/s/z"]) await tree.createCollection(at(path), []);
    for (const path of ["/s", "/s/a", "/s/b", "/s/b/c", "/s/z", "/s/b/c/d"]) {
      assert.deepEqual(await tree.properties(at(path)), [], path);
    }
    assert.deepEqual(await tree.properties(at("/d/b/c/d")), [property("planted", "/s/b/c/d")]);
  }),
  treeCase("MOVE there and back again, several times, changes nothing", async ({ tree }) => {
    await plant(tree, ...wood, "/t/", "/t/u/");
    const before = await snapshot(tree, at("/"));
    for (const stop of ["/t/u/d", "/d", "/t/d"]) {
      await move(tree, "/s", stop);
      await move(tree, stop, "/s");
    }
    assert.deepEqual(await snapshot(tree, at("/")), before);
  }),
  treeCase(
    "MOVE over a document replaces content, dead properties and entity tag (§9.9.3)",
    async ({ tree }) => {
      await plant(tree, "/s", "/d");
      await put(tree, at("/d"), "/s", Date.UTC(2020, 0, 1));
      await tree.touch(at("/s"), Date.UTC(2020, 0, 1));
      await tree.patchProperties(at("/d"), [{ action: "set", property: property("old", "1") }]);
      const before = await snapshot(tree, at("/s"));
      const etag = await etagOf(tree, at("/d"));
      assert.deepEqual(await move(tree, "/s", "/d", { replace: true }), { created: false });
      assert.deepEqual(await snapshot(tree, at("/d")), before);
      assert.notEqual(await etagOf(tree, at("/d")), etag);
    },
  ),
  treeCase(
    "MOVE over a collection replaces it as a whole, with all its members (§9.9.3)",
    async ({ tree }) => {
      await plant(tree, ...wood, "/d/", "/d/a/", "/d/a/old", "/d/old", "/d/z");
      const before = await snapshot(tree, at("/s"));
      assert.deepEqual(await move(tree, "/s", "/d", { replace: true }), { created: false });
      assert.deepEqual(await snapshot(tree, at("/d")), before);
      await put(tree, at("/d/old"), "");
      assert.deepEqual(await tree.properties(at("/d/old")), []);
      assert.deepEqual([...(await membersOf(tree, at("/"))).keys()], ["d"]);
    },
  ),
  treeCase("MOVE puts a collection in the place of a document, and the other way round", async ({ tree }) => {
    await plant(tree, ...wood, "/document", "/d/", "/d/member", "/e");
    const [collection, document] = [await snapshot(tree, at("/s")), await snapshot(tree, at("/document"))];
    assert.deepEqual(await move(tree, "/document", "/d", { replace: true }), { created: false });
    assert.deepEqual(await snapshot(tree, at("/d")), document);
    assert.deepEqual(await move(tree, "/s", "/e", { replace: true }), { created: false });
    assert.deepEqual(await snapshot(tree, at("/e")), collection);
    assert.deepEqual([...(await membersOf(tree, at("/"))).keys()].sort(), ["d", "e"]);
  }),
  treeCase("MOVE replaces nothing that it may not replace (§10.6)", async ({ tree }) => {
    await plant(tree, ...wood, "/document", "/d/", "/empty/");
    const before = await snapshot(tree, at("/"));
    for (const [source, destination] of [
      ["/s", "/d"],
      ["/s", "/document"],
      ["/document", "/d"],
      ["/document", "/s/a"],
      ["/s", "/empty"],
    ] as const) {
      await refused(() => move(tree, source, destination), "exists");
    }
    assert.deepEqual(await snapshot(tree, at("/")), before);
  }),
  treeCase("MOVE of what is not there fails, and leaves the destination", async ({ tree }) => {
    await plant(tree, "/d/", "/d/member", "/document");
    const before = await snapshot(tree, at("/"));
    for (const source of ["/nothing", "/nothing/below", "/document/below"]) {
      await refused(() => move(tree, source, "/d", { replace: true }), "not-found");
    }
    assert.deepEqual(await snapshot(tree, at("/")), before);
  }),
  treeCase("MOVE has a place only in a collection that is there (§9.9.4)", async ({ tree }) => {
    await plant(tree, "/s/", "/s/a", "/document");
    const before = await snapshot(tree, at("/"));
    await refused(() => move(tree, "/s", "/nothing/d"), "parent-missing");
    await refused(() => move(tree, "/s/a", "/nothing/d", { replace: true }), "parent-missing");
    await refused(() => move(tree, "/s", "/document/d"), "parent-missing");
    assert.deepEqual(await snapshot(tree, at("/")), before);
  }),
  treeCase("MOVE into a member of the source fails, and changes nothing", async ({ tree }) => {
    await plant(tree, ...wood);
    const before = await snapshot(tree, at("/"));
    await refused(() => move(tree, "/s", "/s/b/new"));
    await refused(() => move(tree, "/s", "/s/b", { replace: true }));
    assert.deepEqual(await snapshot(tree, at("/")), before);
  }),
  treeCase(
    "MOVE leaves skipped members where they are, with all below and all above them",
    async ({ tree }) => {
      await plant(tree, ...wood);
      const { "./b/c": kept, "./b/c/d": keptBelow, ...rest } = await snapshot(tree, at("/s"));
      const work = testWork({ skipped: [at("/s/b/c")] });
      assert.deepEqual(await move(tree, "/s", "/d", { work }), { created: true });
      assertSound(work);
      assert.equal(work.failures.size, 0);
      assert.deepEqual(await snapshot(tree, at("/d")), rest);
      const { ".": _, "./b": __, ...stayed } = await snapshot(tree, at("/s"));
      assert.deepEqual(stayed, { "./b/c": kept, "./b/c/d": keptBelow });
    },
  ),
  treeCase("MOVE that is stopped before it began changes nothing", async ({ tree }) => {
    await plant(tree, ...wood, "/d/", "/d/member");
    const before = await snapshot(tree, at("/"));
    const signal = AbortSignal.abort();
    for (const skipped of [[], [at("/s/b/c")]]) {
      const work = testWork({ signal, skipped });
      await refused(() => move(tree, "/s", "/d", { replace: true, work }), "stopped");
    }
    assert.deepEqual(await snapshot(tree, at("/")), before);
  }),
  treeCase("a resource made under the old name is another one", async ({ tree }) => {
    await plant(tree, "/s");
    await move(tree, "/s", "/d");
    assert.equal((await put(tree, at("/s"), "other")).created, true);
    assert.equal(await contentOf(tree, at("/d")), "/s");
  }),
  treeCaseNeeding("caseSensitive", "MOVE to a name that differs in case only", async ({ tree }) => {
    await plant(tree, "/s/", "/s/a");
    const before = await snapshot(tree, at("/s"));
    assert.deepEqual(await move(tree, "/s", "/S"), { created: true });
    assert.deepEqual([...(await membersOf(tree, at("/"))).keys()], ["S"]);
    assert.deepEqual(await snapshot(tree, at("/S")), before);
  }),
];

async function move(
  tree: Tree,
  source: string,
  destination: string,
  { replace = false, work = testWork() }: { readonly replace?: boolean; readonly work?: TestWork } = {},
): Promise<{ readonly created: boolean }> {
  return tree.move(at(source), at(destination), { replace }, work);
}

/** A rename need not look at members: what counts is that the root is done, and nothing failed. */
function assertMoved(work: TestWork, source: string): void {
  assertSound(work);
  assert.equal(work.failures.size, 0);
  assert(work.donePaths.includes(at(source)), "the source is told to be done");
}
