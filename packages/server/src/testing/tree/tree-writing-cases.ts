import assert from "node:assert/strict";
import { testWork } from "../test-work.ts";
import {
  at,
  contentBytes,
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

export const writingCases: readonly TreeCase[] = [
  treeCase("a committed draft is a document, and says whether it is new", async ({ tree }) => {
    const first = await put(tree, at("/d"), "one");
    assert.equal(first.created, true);
    assert.deepEqual(await tree.lookup(at("/d")), first.resource);
    const second = await put(tree, at("/d"), "three");
    assert.equal(second.created, false);
    assert.equal(second.resource.length, 5);
    assert.deepEqual(await tree.lookup(at("/d")), second.resource);
    assert.equal(await contentOf(tree, at("/d")), "three");
  }),
  treeCase("content comes in any pieces, and the writer may use its buffer again", async ({ tree }) => {
    const draft = await tree.draft(at("/d"), { length: undefined });
    const piece = new Uint8Array(70_000);
    for (const value of [1, 2, 3]) {
      piece.fill(value);
      await draft.write(piece);
      await draft.write(new Uint8Array(0));
    }
    await draft.commit({ modifiedMs: undefined });
    const content = await contentBytes(tree, at("/d"));
    assert.equal(content.length, 210_000);
    for (const value of [1, 2, 3]) {
      const part = content.subarray((value - 1) * 70_000, value * 70_000);
      assert(
        part.every((byte) => byte === value),
        `piece ${value}`,
      );
    }
  }),
  treeCase("nobody sees a draft before it is committed", async ({ tree }) => {
    await plant(tree, "/c/", "/c/old");
    const before = await snapshot(tree, at("/"));
    const replacing = await tree.draft(at("/c/old"), { length: 3 });
    const creating = await tree.draft(at("/c/new"), { length: undefined });
    await replacing.write(Buffer.from("new"));
    await creating.write(Buffer.from("new"));
    assert.deepEqual(await snapshot(tree, at("/")), before);
    assert.equal(await tree.lookup(at("/c/new")), undefined);
    await replacing.commit({ modifiedMs: undefined });
    await creating.commit({ modifiedMs: undefined });
    assert.deepEqual([...(await membersOf(tree, at("/c"))).keys()].sort(), ["new", "old"]);
  }),
  treeCase("a discarded draft leaves all as it was, and nothing behind", async ({ tree }) => {
    await plant(tree, "/c/", "/c/old");
    const before = await snapshot(tree, at("/"));
    const etag = await etagOf(tree, at("/c/old"));
    for (const path of ["/c/old", "/c/new"]) {
      const draft = await tree.draft(at(path), { length: 100 });
      await draft.write(Buffer.from("half"));
      await draft.discard();
      await draft.discard();
      await refused(() => draft.commit({ modifiedMs: undefined }));
    }
    await (await tree.draft(at("/c/new"), { length: 0 })).discard();
    assert.deepEqual(await snapshot(tree, at("/")), before);
    assert.equal(await etagOf(tree, at("/c/old")), etag);
  }),
  treeCase("discarding a draft that was committed does nothing", async ({ tree }) => {
    const draft = await tree.draft(at("/d"), { length: undefined });
    await draft.write(Buffer.from("kept"));
    await draft.commit({ modifiedMs: undefined });
    await draft.discard();
    assert.equal(await contentOf(tree, at("/d")), "kept");
  }),
  treeCase("of two drafts for one document each is whole, and the last one stays", async ({ tree }) => {
    const first = await tree.draft(at("/d"), { length: undefined });
    const second = await tree.draft(at("/d"), { length: undefined });
    await first.write(Buffer.from("first "));
    await second.write(Buffer.from("second "));
    await first.write(Buffer.from("draft"));
    await second.write(Buffer.from("draft"));
    assert.equal((await second.commit({ modifiedMs: undefined })).created, true);
    assert.equal(await contentOf(tree, at("/d")), "second draft");
    assert.equal((await first.commit({ modifiedMs: undefined })).created, false);
    assert.equal(await contentOf(tree, at("/d")), "first draft");
  }),
  treeCase("a draft whose collection is gone meanwhile cannot be committed", async ({ tree }) => {
    await plant(tree, "/c/");
    const draft = await tree.draft(at("/c/d"), { length: undefined });
    await draft.write(Buffer.from("content"));
    await tree.move(at("/c"), at("/moved"), { replace: false }, testWork());
    await refused(() => draft.commit({ modifiedMs: undefined }), "parent-missing", "not-found");
    await draft.discard();
    assert.equal(await tree.lookup(at("/c")), undefined);
    assert.deepEqual([...(await membersOf(tree, at("/moved"))).keys()], []);
  }),
  treeCase("a draft does not replace a collection that took its name meanwhile", async ({ tree }) => {
    const draft = await tree.draft(at("/d"), { length: undefined });
    await plant(tree, "/d/", "/d/member");
    const before = await snapshot(tree, at("/"));
    await refused(() => draft.commit({ modifiedMs: undefined }), "is-a-collection");
    await draft.discard();
    assert.deepEqual(await snapshot(tree, at("/")), before);
  }),
  treeCase("content has a place only in a collection that is there", async ({ tree }) => {
    await plant(tree, "/c/", "/document");
    await refused(() => tree.draft(at("/nothing/d"), { length: 1 }), "parent-missing");
    await refused(() => tree.draft(at("/document/d"), { length: 1 }), "parent-missing");
    await refused(() => tree.draft(at("/c"), { length: 1 }), "is-a-collection");
    await refused(() => tree.draft(at("/"), { length: 1 }), "is-a-collection");
  }),
  treeCase(
    "the entity tag changes with every new content, also of the same length and time",
    async ({ tree }) => {
      const modifiedMs = Date.UTC(2020, 0, 1);
      const etags = new Set<string>();
      for (let index = 0; index < 20; index += 1) {
        const { resource } = await put(tree, at("/d"), `content ${index % 2}`, modifiedMs);
        assert.equal(resource.modifiedMs, modifiedMs);
        etags.add(resource.etag);
        assert.equal(await etagOf(tree, at("/d")), resource.etag);
      }
      assert.equal(etags.size, 20);
    },
  ),
  treeCase("the entity tag stays while nothing is changed", async ({ tree }) => {
    const { resource } = await put(tree, at("/d"), "content");
    await contentOf(tree, at("/d"));
    await membersOf(tree, at("/"), true);
    await put(tree, at("/other"), "other");
    assert.equal(await etagOf(tree, at("/d")), resource.etag);
  }),
  treeCase("the entity tag of older content does not come back with its time", async ({ tree }) => {
    const first = await put(tree, at("/d"), "old", Date.UTC(2020, 0, 1));
    await put(tree, at("/d"), "new");
    await tree.touch(at("/d"), Date.UTC(2020, 0, 1));
    assert.notEqual(await etagOf(tree, at("/d")), first.resource.etag);
  }),
  treeCase("the time of last modification that a client says is kept", async ({ tree }) => {
    for (const modifiedMs of [
      Date.UTC(1980, 5, 1),
      Date.UTC(2024, 1, 29, 12, 30, 46),
      Date.UTC(2037, 0, 1),
    ]) {
      const { resource } = await put(tree, at("/d"), "content", modifiedMs);
      assert.equal(resource.modifiedMs, modifiedMs);
      assert.equal((await tree.lookup(at("/d")))?.modifiedMs, modifiedMs);
    }
  }),
  treeCase("touch records a time and changes nothing else", async ({ tree }) => {
    await plant(tree, "/c/", "/c/d");
    const before = await snapshot(tree, at("/"));
    for (const path of ["/c/d", "/c"]) {
      await tree.touch(at(path), Date.UTC(2001, 1, 4));
      assert.equal((await tree.lookup(at(path)))?.modifiedMs, Date.UTC(2001, 1, 4));
    }
    assert.deepEqual(await snapshot(tree, at("/")), before);
    await refused(() => tree.touch(at("/nothing"), 0), "not-found");
  }),
  treeCaseNeeding(
    "unwritable",
    "a document that may not be written is not replaced by PUT, COPY or MOVE",
    async ({ tree }, unwritable) => {
      await plant(tree, "/d", "/s", "/c/", "/c/member");
      const before = await snapshot(tree, at("/"));
      await unwritable(at("/d"));
      await refused(() => put(tree, at("/d"), "new"), "denied");
      for (const source of ["/s", "/c"]) {
        const copied = { replace: true, depth: "infinity" } as const;
        await refused(() => tree.copy(at(source), at("/d"), copied, testWork()), "denied");
        await refused(() => tree.move(at(source), at("/d"), { replace: true }, testWork()), "denied");
      }
      assert.deepEqual(await snapshot(tree, at("/")), before);
    },
  ),
  treeCase("new content leaves the dead properties of the document (§9.7.1)", async ({ tree }) => {
    await plant(tree, "/d");
    await put(tree, at("/d"), "new");
    assert.deepEqual(await tree.properties(at("/d")), [property("planted", "/d")]);
  }),
  treeCase(
    "a new collection is empty, with the dead properties it was made with (RFC 5689 §3)",
    async ({ tree }) => {
      await tree.createCollection(at("/c"), [property("one", "1"), property("two", "2")]);
      assert.equal((await tree.lookup(at("/c")))?.kind, "collection");
      assert.equal((await membersOf(tree, at("/c"))).size, 0);
      assert.deepEqual(await snapshot(tree, at("/c")), {
        ".": 'collection <one xmlns="urn:example">1</one> <two xmlns="urn:example">2</two>',
      });
    },
  ),
  treeCase(
    "a collection is not made where a resource is, and that stays as it was (§9.3)",
    async ({ tree }) => {
      await plant(tree, "/c/", "/c/member", "/d");
      const before = await snapshot(tree, at("/"));
      for (const path of ["/c", "/d", "/"]) {
        await refused(() => tree.createCollection(at(path), [property("new", path)]), "exists");
      }
      assert.deepEqual(await snapshot(tree, at("/")), before);
    },
  ),
  treeCase("a collection has a place only in a collection that is there (§9.3.1)", async ({ tree }) => {
    await plant(tree, "/document");
    await refused(() => tree.createCollection(at("/nothing/c"), []), "parent-missing");
    await refused(() => tree.createCollection(at("/document/c"), []), "parent-missing");
    assert.equal(await tree.lookup(at("/nothing")), undefined);
  }),
  treeCase("of many that make the same collection at once, exactly one does", async ({ tree }) => {
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, async (_, index) =>
        tree.createCollection(at("/c"), [property("by", `${index}`)]),
      ),
    );
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
    const maker = results.findIndex(({ status }) => status === "fulfilled");
    assert.deepEqual(await tree.properties(at("/c")), [property("by", `${maker}`)]);
  }),
  treeCase("room that can be told is told in whole bytes (RFC 4331)", async ({ tree }) => {
    const quota = await tree.quota?.(at("/"));
    for (const bytes of quota === undefined ? [] : [quota.availableBytes, quota.usedBytes]) {
      assert(Number.isSafeInteger(bytes) && bytes >= 0, `${bytes} bytes`);
    }
  }),
];
