import assert from "node:assert/strict";
import { memberPath, rootPath } from "@meanwhile/dav";
import { type Tree, TreeError } from "../../store.ts";
import { testWork } from "../test-work.ts";
import { at, contentOf, membersOf, property, put, refused, snapshot } from "./tree-fixture.ts";
import { type TreeCase, treeCase, treeCaseNeeding } from "./tree-subject.ts";

/** Names that any tree must take. */
const ordinaryNames = [
  "a b",
  "index.html",
  ".hidden",
  "a.b.c",
  "%41%2F",
  "#fragment;parameter,comma&and=equals+plus",
  "~",
  "-rf",
  "$HOME",
  "(parentheses) [brackets] {braces}",
  "caf\u00e9",
  "\u65e5\u672c\u8a9e",
  "\u{1F600}\u{1F468}\u200d\u{1F469}\u200d\u{1F467}",
  "\u0639\u0631\u0628\u064a",
  "constructor",
  "__proto__",
];

/** Names that POSIX takes, and other platforms do not. */
const strangeNames = [
  " leading and trailing ",
  "trailing dot.",
  "...",
  "back\\slash",
  'quote"quote',
  "<script>alert(1)<!--&amp;",
  "a:b",
  "*?|",
  "new\nline",
  "carriage\rreturn",
  "tab\tand\u0001\u001b\u007fcontrols",
  "con",
  "\u202eright to left",
  "\ufeffbyte order mark",
  "\ufffd",
  "\u2028",
];

export const nameCases: readonly TreeCase[] = [
  ...ordinaryNames.map((name) =>
    treeCase(`the name ${JSON.stringify(name)} is kept as it is`, keepsName(name)),
  ),
  ...strangeNames.map((name) =>
    treeCaseNeeding("anyCharacter", `the name ${JSON.stringify(name)} is kept as it is`, keepsName(name)),
  ),
  treeCaseNeeding("caseSensitive", "names that differ in case are different resources", async ({ tree }) =>
    keepsApart(tree, ["name", "Name", "NAME"]),
  ),
  treeCaseNeeding(
    "normalizationSensitive",
    "names that differ in Unicode normalization are different resources",
    async ({ tree }) => keepsApart(tree, ["\u00e9", "e\u0301", "\u212b", "\u00c5", "A\u030a"]),
  ),
  treeCaseNeeding(
    "nameBytes",
    "a name may be as long as it may be, in bytes of UTF-8",
    async ({ tree }, nameBytes) => {
      for (const name of [
        "n".repeat(nameBytes),
        "\u00e9".repeat(Math.floor(nameBytes / 2)),
        "\u{1F600}".repeat(Math.floor(nameBytes / 4)),
      ]) {
        await keepsName(name)({ tree });
      }
    },
  ),
  treeCaseNeeding(
    "nameBytes",
    "a longer name is refused, and nothing is made",
    async ({ tree }, nameBytes) => {
      await put(tree, at("/source"), "content");
      const before = await snapshot(tree, rootPath);
      for (const name of [
        "n".repeat(nameBytes + 1),
        "\u00e9".repeat(nameBytes),
        "n".repeat(100 * nameBytes),
      ]) {
        const path = memberPath(rootPath, name);
        const placement = { replace: true } as const;
        // Where the whole path is too long as well, the tree cannot say whether something is there.
        const found = await Promise.resolve(tree.lookup(path)).catch((error: unknown) => {
          assert.equal(error instanceof TreeError && error.code, "name-too-long");
        });
        assert.equal(found, undefined);
        await refused(() => tree.open(path), "not-found", "name-too-long");
        await refused(() => tree.draft(path, { length: 1 }), "name-too-long");
        await refused(() => tree.createCollection(path, []), "name-too-long");
        await refused(
          () => tree.copy(at("/source"), path, { ...placement, depth: "infinity" }, testWork()),
          "name-too-long",
        );
        await refused(() => tree.move(at("/source"), path, placement, testWork()), "name-too-long");
      }
      assert.deepEqual(await snapshot(tree, rootPath), before);
    },
  ),
];

/** A document and a collection of this name can be made, found, listed, copied, moved and removed. */
function keepsName(name: string): (subject: { readonly tree: Tree }) => Promise<void> {
  return async ({ tree }) => {
    const [top, copies] = [at("/c"), at("/copies")];
    const collection = memberPath(top, name);
    const document = memberPath(collection, name);
    await tree.createCollection(top, []);
    await tree.createCollection(copies, []);
    await tree.createCollection(collection, [property("p", "collection")]);
    await put(tree, document, "content");
    await tree.patchProperties(document, [{ action: "set", property: property("p", "document") }]);

    assert.equal((await tree.lookup(collection))?.kind, "collection");
    assert.equal(await contentOf(tree, document), "content");
    assert.deepEqual([...(await membersOf(tree, top, true)).keys()], [name]);
    const listed = (await membersOf(tree, collection, true)).get(name);
    assert.equal(listed?.resource?.kind, "document");
    assert.deepEqual(listed.properties, [property("p", "document")]);

    const before = await snapshot(tree, collection);
    const copy = memberPath(copies, name);
    const work = testWork();
    await tree.copy(collection, copy, { replace: false, depth: "infinity" }, work);
    assert.deepEqual(new Set(work.donePaths), new Set([collection, document]));
    assert.deepEqual(await snapshot(tree, copy), before);
    await tree.remove(copy, testWork());
    await tree.move(collection, copy, { replace: false }, testWork());
    assert.deepEqual(await snapshot(tree, copy), before);
    await tree.remove(copy, testWork());
    assert.deepEqual(await snapshot(tree, copies), { ".": "collection" });
    assert.deepEqual(await snapshot(tree, top), { ".": "collection" });
    await tree.remove(top, testWork());
    await tree.remove(copies, testWork());
  };
}

async function keepsApart(tree: Tree, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const path = memberPath(rootPath, name);
    assert.equal(await tree.lookup(path), undefined, JSON.stringify(name));
    assert.equal((await put(tree, path, name)).created, true);
    await tree.patchProperties(path, [{ action: "set", property: property("p", name) }]);
  }
  const listed = await membersOf(tree, rootPath, true);
  assert.deepEqual(new Set(listed.keys()), new Set(names));
  for (const name of names) {
    assert.equal(await contentOf(tree, memberPath(rootPath, name)), name);
    assert.deepEqual(listed.get(name)?.properties, [property("p", name)]);
  }
}
