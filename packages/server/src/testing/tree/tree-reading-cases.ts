import assert from "node:assert/strict";
import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { at, contentOf, etagOf, plant, put, refused } from "./tree-fixture.ts";
import { type TreeCase, treeCase } from "./tree-subject.ts";

export const readingCases: readonly TreeCase[] = [
  treeCase("the root is always there, and is a collection", async ({ tree }) => {
    const root = await tree.lookup(at("/"));
    assert.equal(root?.kind, "collection");
    assert(Number.isFinite(root.modifiedMs));
    await refused(() => tree.open(at("/")), "is-a-collection");
  }),
  treeCase("there is nothing where nothing was made", async ({ tree }) => {
    await plant(tree, "/document");
    assert.equal(await tree.lookup(at("/nothing")), undefined);
    assert.equal(await tree.lookup(at("/nothing/below")), undefined);
    assert.equal(await tree.lookup(at("/document/below")), undefined);
    await refused(() => tree.open(at("/nothing")), "not-found");
    await refused(() => tree.open(at("/nothing/below")), "not-found");
    await refused(() => tree.open(at("/document/below")), "not-found");
  }),
  treeCase(
    "a document says how long it is, and opens with the entity tag that lookup gives",
    async ({ tree }) => {
      await put(tree, at("/d"), "12345");
      const resource = await tree.lookup(at("/d"));
      assert(resource?.kind === "document");
      assert.equal(resource.length, 5);
      assert.match(resource.etag, /^"[\x21\x23-\x7e]+"$/, "a strong entity tag (RFC 9110 §8.8.3)");
      const document = await tree.open(at("/d"));
      assert.deepEqual(document.resource, resource);
      document.close();
      document.close();
    },
  ),
  treeCase("a document gives the bytes of any range, at once and as a stream", async ({ tree }) => {
    const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 251));
    await put(tree, at("/d"), content);
    const document = await tree.open(at("/d"));
    const ranges = [
      { start: 0, end: 0 },
      { start: 0, end: 1 },
      { start: 299_999, end: 300_000 },
      { start: 300_000, end: 300_000 },
      { start: 65_535, end: 65_537 },
      { start: 1000, end: 66_000 },
    ];
    for (const range of ranges) {
      const expected = content.subarray(range.start, range.end);
      assert(expected.equals(await document.bytes(range)), `bytes ${range.start}-${range.end}`);
      assert(expected.equals(await buffer(document.stream(range))), `stream ${range.start}-${range.end}`);
    }
    assert(content.equals(await buffer(document.stream({ start: 0, end: content.length }))));
    document.close();
  }),
  treeCase("an empty document is a document", async ({ tree }) => {
    const { resource } = await put(tree, at("/d"), "");
    assert.equal(resource.length, 0);
    assert.equal(await contentOf(tree, at("/d")), "");
  }),
  treeCase("one document can be read several times at once", async ({ tree }) => {
    await put(tree, at("/d"), "content");
    const document = await tree.open(at("/d"));
    const streams = [1, 2, 3].map(() => buffer(document.stream({ start: 0, end: 7 })));
    assert.deepEqual((await Promise.all(streams)).map(String), ["content", "content", "content"]);
    document.close();
  }),
  treeCase("a stream that is destroyed early stops, and the document can be read on", async ({ tree }) => {
    await put(tree, at("/d"), Buffer.alloc(1_000_000, 1));
    const document = await tree.open(at("/d"));
    const stream = document.stream({ start: 0, end: 1_000_000 });
    await once(stream, "readable");
    const closed = once(stream, "close");
    stream.destroy();
    await closed;
    assert.equal((await document.bytes({ start: 5, end: 9 })).byteLength, 4);
    document.close();
  }),
  treeCase(
    "an opened document keeps its content and its entity tag when it is replaced",
    async ({ tree }) => {
      await put(tree, at("/d"), "old content");
      const document = await tree.open(at("/d"));
      const { etag } = document.resource;
      await put(tree, at("/d"), "new content");
      assert.equal((await buffer(document.stream({ start: 0, end: 11 }))).toString(), "old content");
      assert.equal(Buffer.from(await document.bytes({ start: 0, end: 3 })).toString(), "old");
      assert.equal(document.resource.etag, etag);
      assert.notEqual(await etagOf(tree, at("/d")), etag);
      document.close();
    },
  ),
];
