import assert from "node:assert/strict";
import type { DeadProperty, PropertyChange } from "@meanwhile/dav";
import { testWork } from "../test-work.ts";
import { at, plant, property, put, refused, snapshot, sorted } from "./tree-fixture.ts";
import { type TreeCase, treeCase, treeCaseNeeding } from "./tree-subject.ts";

export const propertyCases: readonly TreeCase[] = [
  treeCase("a new resource has no dead properties, and nothing has none", async ({ tree }) => {
    await put(tree, at("/d"), "");
    for (const path of ["/", "/d", "/nothing", "/nothing/below", "/d/below"]) {
      assert.deepEqual(await tree.properties(at(path)), []);
    }
  }),
  treeCase(
    "a dead property is kept verbatim, on documents, collections and the root (§4.3)",
    async ({ tree }) => {
      await put(tree, at("/d"), "");
      await tree.createCollection(at("/c"), []);
      const kept: DeadProperty = {
        name: { namespace: "http://example.com/ns#", local: "\u00fcn\u00efc\u00f6de" },
        xml: '<X:\u00fcn\u00efc\u00f6de xmlns:X="http://example.com/ns#" a=\'"\'>\r\n\t<!-- c --><![CDATA[<]]> \u{1F600}&#0;</X:\u00fcn\u00efc\u00f6de>',
      };
      for (const path of ["/d", "/c", "/"]) {
        await tree.patchProperties(at(path), set(kept));
        assert.deepEqual(await tree.properties(at(path)), [kept]);
      }
    },
  ),
  treeCase("properties differ by namespace and by local name", async ({ tree }) => {
    await put(tree, at("/d"), "");
    const all = [
      property("p", "1", "urn:a"),
      property("p", "2", "urn:b"),
      property("p", "3", ""),
      property("P", "4", ""),
      property("q", "5", "urn:a"),
      property("p", "6", "DAV:"),
      property("p", "7", "urn:a/"),
      property("__proto__", "8", ""),
    ];
    await tree.patchProperties(at("/d"), set(...all));
    assert.deepEqual(sorted(await tree.properties(at("/d"))), sorted(all));
    await tree.patchProperties(at("/d"), [{ action: "remove", name: { namespace: "urn:a", local: "p" } }]);
    assert.deepEqual(sorted(await tree.properties(at("/d"))), sorted(all.slice(1)));
  }),
  treeCase("changes are applied in their order (§9.2)", async ({ tree }) => {
    await put(tree, at("/d"), "");
    const { name } = property("p", "");
    await tree.patchProperties(at("/d"), [
      ...set(property("p", "1"), property("p", "2")),
      { action: "remove", name },
    ]);
    assert.deepEqual(await tree.properties(at("/d")), []);
    await tree.patchProperties(at("/d"), [
      { action: "remove", name },
      ...set(property("p", "3"), property("p", "4")),
    ]);
    assert.deepEqual(await tree.properties(at("/d")), [property("p", "4")]);
  }),
  treeCase("removing what is not there is no error (§9.2)", async ({ tree }) => {
    await put(tree, at("/d"), "");
    await tree.patchProperties(at("/d"), [{ action: "remove", name: { namespace: "urn:x", local: "none" } }]);
    await tree.patchProperties(at("/d"), []);
    assert.deepEqual(await tree.properties(at("/d")), []);
  }),
  treeCase("properties of what is not there cannot be changed", async ({ tree }) => {
    await plant(tree, "/d");
    for (const path of ["/nothing", "/nothing/below", "/d/below"]) {
      await refused(() => tree.patchProperties(at(path), set(property("p", "1"))), "not-found");
      assert.deepEqual(await tree.properties(at(path)), []);
    }
    await put(tree, at("/nothing"), "");
    assert.deepEqual(await tree.properties(at("/nothing")), []);
  }),
  treeCase("long names and long values are kept", async ({ tree }) => {
    await put(tree, at("/d"), "");
    const all = [
      property("l".repeat(1000), "1", `urn:${"n".repeat(4000)}a`),
      property("l".repeat(1000), "2", `urn:${"n".repeat(4000)}b`),
      property("long", "\u{1F600}".repeat(25_000)),
    ];
    await tree.patchProperties(at("/d"), set(...all));
    assert.deepEqual(sorted(await tree.properties(at("/d"))), sorted(all));
  }),
  treeCase("a hundred properties of a resource are kept", async ({ tree }) => {
    await put(tree, at("/d"), "");
    const all = Array.from({ length: 100 }, (_, index) => property(`p${index}`, `${index}`));
    await tree.patchProperties(at("/d"), set(...all));
    assert.deepEqual(sorted(await tree.properties(at("/d"))), sorted(all));
  }),
  treeCase("of changes that are made at once none is lost", async ({ tree }) => {
    await put(tree, at("/d"), "");
    const all = Array.from({ length: 20 }, (_, index) => property(`p${index}`, `${index}`));
    await Promise.all(all.map(async (one) => tree.patchProperties(at("/d"), set(one))));
    assert.deepEqual(sorted(await tree.properties(at("/d"))), sorted(all));
  }),
  treeCase("changing properties leaves the content and its entity tag", async ({ tree }) => {
    const { resource } = await put(tree, at("/d"), "content");
    await tree.patchProperties(at("/d"), set(property("p", "1")));
    const after = await tree.lookup(at("/d"));
    assert(after?.kind === "document");
    assert.equal(after.etag, resource.etag);
    assert.equal(after.length, 7);
  }),
  treeCaseNeeding(
    "propertyBytes",
    "changes that are too large are not applied at all, and the rest stays (§9.2)",
    async ({ tree }, propertyBytes) => {
      await plant(tree, "/d");
      const before = await snapshot(tree, at("/"));
      const huge = property("huge", "x".repeat(propertyBytes));
      await refused(
        () =>
          tree.patchProperties(at("/d"), [
            ...set(property("planted", "changed"), property("new", "1")),
            { action: "remove", name: property("planted", "").name },
            ...set(huge),
          ]),
        "too-large",
      );
      await refused(() => tree.createCollection(at("/c"), [huge]), "too-large");
      assert.deepEqual(await snapshot(tree, at("/")), before);
      // Many small ones are as large as a big one.
      const half = "x".repeat(Math.ceil(propertyBytes / 2));
      await tree.patchProperties(at("/d"), set(property("first", half)));
      await refused(() => tree.patchProperties(at("/d"), set(property("second", half))), "too-large");
    },
  ),
  treeCase("properties vanish with their resource, whatever takes its name (§9.6)", async ({ tree }) => {
    await plant(tree, "/d", "/c/", "/c/d", "/c/c/", "/c/c/d");
    await tree.remove(at("/d"), testWork());
    await tree.remove(at("/c"), testWork());
    await tree.createCollection(at("/d"), []);
    await tree.createCollection(at("/c"), []);
    await put(tree, at("/c/d"), "");
    await put(tree, at("/c/c"), "");
    for (const path of ["/d", "/c", "/c/d", "/c/c", "/c/c/d"]) {
      assert.deepEqual(await tree.properties(at(path)), [], path);
    }
  }),
];

function set(...properties: readonly DeadProperty[]): readonly PropertyChange[] {
  return properties.map((one) => ({ action: "set", property: one }));
}
