import assert from "node:assert/strict";
import { memberPath } from "@meanwhile/dav";
import { type Tree, TreeError } from "../../store.ts";
import { at, membersOf, plant, property, put, refused } from "./tree-fixture.ts";
import { type TreeCase, treeCase } from "./tree-subject.ts";

export const memberCases: readonly TreeCase[] = [
  treeCase("an empty collection has no members", async ({ tree }) => {
    await plant(tree, "/c/");
    assert.equal((await membersOf(tree, at("/c"))).size, 0);
  }),
  treeCase("a collection lists its internal members, and none of theirs", async ({ tree }) => {
    await plant(tree, "/c/", "/c/document", "/c/collection/", "/c/collection/below", "/beside");
    assert.deepEqual([...(await membersOf(tree, at("/c"))).keys()].sort(), ["collection", "document"]);
    assert.deepEqual([...(await membersOf(tree, at("/"))).keys()].sort(), ["beside", "c"]);
  }),
  treeCase("a member is listed as lookup sees it", async ({ tree }) => {
    await plant(tree, "/c/", "/c/document", "/c/collection/");
    for (const { name, resource } of (await membersOf(tree, at("/c"))).values()) {
      assert.deepEqual(resource, await tree.lookup(memberPath(at("/c"), name)));
    }
  }),
  treeCase("members come with their dead properties where these are asked for", async ({ tree }) => {
    await plant(tree, "/c/", "/c/document", "/c/collection/");
    await put(tree, at("/c/plain"), "");
    const listed = await membersOf(tree, at("/c"), true);
    assert.deepEqual(listed.get("document")?.properties, [property("planted", "/c/document")]);
    assert.deepEqual(listed.get("collection")?.properties, [property("planted", "/c/collection/")]);
    assert.deepEqual(listed.get("plain")?.properties, []);
    for (const { properties } of (await membersOf(tree, at("/c"), false)).values()) {
      assert.deepEqual(properties, []);
    }
  }),
  treeCase("members of a large collection come each once, in several batches or in one", async ({ tree }) => {
    await plantMany(tree, 1500);
    const names = [...(await membersOf(tree, at("/c"))).keys()].sort();
    assert.deepEqual(names, Array.from({ length: 1500 }, (_, index) => `m${index}`).sort());
    assert.equal((await membersOf(tree, at("/c"), true)).size, 1500);
  }),
  treeCase("a listing can be ended early, and begun again", async ({ tree }) => {
    await plantMany(tree, 1500);
    for (let time = 0; time < 50; time += 1) {
      for await (const batch of tree.members(at("/c"), { properties: true })) {
        assert(batch.length > 0 && batch.length <= 1500);
        break;
      }
    }
    assert.equal((await membersOf(tree, at("/c"))).size, 1500);
  }),
  treeCase("a listing whose signal is aborted ends, with nothing else than a TreeError", async ({ tree }) => {
    await plantMany(tree, 1500);
    const controller = new AbortController();
    let listed = 0;
    try {
      for await (const batch of tree.members(at("/c"), { properties: true, signal: controller.signal })) {
        listed += batch.length;
        controller.abort();
      }
    } catch (error) {
      assert(error instanceof TreeError);
      assert.equal(error.code, "stopped");
    }
    assert(listed <= 1500);
  }),
  treeCase("a collection may be changed while it is listed", async ({ tree }) => {
    await plantMany(tree, 600);
    let changes = 0;
    const seen = new Set<string>();
    for await (const batch of tree.members(at("/c"), { properties: true })) {
      for (const { name } of batch) seen.add(name);
      changes += 1;
      await tree.createCollection(at(`/c/new${changes}`), []);
    }
    for (let index = 0; index < 600; index += 1) assert(seen.has(`m${index}`), `m${index}`);
  }),
  treeCase("only a collection that is there has members", async ({ tree }) => {
    await plant(tree, "/document");
    await refused(() => membersOf(tree, at("/nothing")), "not-found");
    await refused(() => membersOf(tree, at("/nothing/below")), "not-found");
    await refused(() => membersOf(tree, at("/document")), "not-a-collection");
    await refused(() => membersOf(tree, at("/document/below")), "not-found");
  }),
];

async function plantMany(tree: Tree, members: number): Promise<void> {
  await tree.createCollection(at("/c"), []);
  for (let index = 0; index < members; index += 1) await tree.createCollection(at(`/c/m${index}`), []);
}
