import assert from "node:assert/strict";
import type { KeptDraft, Tree } from "../../store.ts";
import { at, contentOf, membersOf, put } from "./tree-fixture.ts";
import { type TreeCase, treeCase } from "./tree-subject.ts";

const id = "0123456789abcdef";
const target = at("/d");

const textOf = async (draft: KeptDraft, end: number): Promise<string> => {
  const parts: Uint8Array[] = [];
  for await (const part of draft.stream(end)) parts.push(new Uint8Array(part));
  return Buffer.concat(parts).toString();
};

/** A draft that was begun, written to, and left. @returns undefined where the tree keeps none */
async function left(tree: Tree, content: string): Promise<string | undefined> {
  const draft = await tree.keepDraft?.(target, { id, length: undefined });
  if (draft === undefined) return undefined;
  await draft.write(Buffer.from(content));
  assert.equal(draft.length, content.length);
  await draft.sync();
  await draft.leave();
  await draft.leave();
  return draft.mark;
}

export const keptDraftCases: readonly TreeCase[] = [
  treeCase(
    "a draft that was left is gone on with, and is seen by nobody before its end",
    async ({ tree }) => {
      const mark = await left(tree, "one two");
      if (mark === undefined) return;
      assert.equal((await membersOf(tree, at("/"))).size, 0);
      const draft = await tree.resumeDraft?.(target, { id, mark, length: 7 });
      assert.ok(draft);
      await draft.write(Buffer.from(" three"));
      assert.equal(await textOf(draft, 10), "one two th");
      assert.equal(draft.length, 13);
      const { created } = await draft.commit({ modifiedMs: undefined });
      assert.equal(created, true);
      assert.equal(await contentOf(tree, target), "one two three");
      assert.equal(await tree.resumeDraft?.(target, { id, mark, length: 0 }), undefined);
    },
  ),
  treeCase("bytes of a left draft that do not count are forgotten", async ({ tree }) => {
    const mark = await left(tree, "one two");
    if (mark === undefined) return;
    const draft = await tree.resumeDraft?.(target, { id, mark, length: 4 });
    assert.ok(draft);
    await draft.write(Buffer.from("2"));
    await draft.truncate(4);
    await draft.write(Buffer.from("II"));
    await draft.commit({ modifiedMs: undefined });
    assert.equal(await contentOf(tree, target), "one II");
  }),
  treeCase("a left draft of fewer bytes than count is none", async ({ tree }) => {
    const mark = await left(tree, "one");
    if (mark === undefined) return;
    assert.equal(await tree.resumeDraft?.(target, { id, mark, length: 4 }), undefined);
    assert.equal(await tree.resumeDraft?.(target, { id: "other", mark, length: 0 }), undefined);
  }),
  treeCase("a left draft is forgotten, and so is one that is discarded", async ({ tree }) => {
    const mark = await left(tree, "one");
    if (mark === undefined) return;
    await tree.forgetDraft?.(target, id);
    await tree.forgetDraft?.(target, id);
    assert.equal(await tree.resumeDraft?.(target, { id, mark, length: 3 }), undefined);
    await left(tree, "one");
    const draft = await tree.resumeDraft?.(target, { id, mark, length: 3 });
    await draft?.discard();
    assert.equal(await tree.resumeDraft?.(target, { id, mark, length: 3 }), undefined);
  }),
  treeCase("a document that is replaced by a left draft stays until then", async ({ tree }) => {
    await put(tree, target, "old");
    const mark = await left(tree, "new");
    if (mark === undefined) return;
    assert.equal(await contentOf(tree, target), "old");
    const draft = await tree.resumeDraft?.(target, { id, mark, length: 3 });
    const committed = await draft?.commit({ modifiedMs: undefined });
    assert.equal(committed?.created, false);
    assert.equal(await contentOf(tree, target), "new");
  }),
];
