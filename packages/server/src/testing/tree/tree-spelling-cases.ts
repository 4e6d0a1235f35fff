/** Trees in which several spellings of a name lead to one resource. */
import assert from "node:assert/strict";
import type { Tree } from "../../store.ts";
import { testWork } from "../test-work.ts";
import { at, contentOf, membersOf, plant, property, put, snapshot } from "./tree-fixture.ts";
import { type TreeCase, treeCase, treeCaseNeeding } from "./tree-subject.ts";

/** Names with letters of both cases that can be composed in two ways, and are listed as they are here. */
const folder = "R\u00e9sum\u00e9s";
const file = "M\u00e9mo.txt";

function listed(tree: Tree, path: string): Promise<string> {
  return Promise.resolve(tree.listed?.(at(path)) ?? at(path));
}

async function names(tree: Tree, path: string): Promise<readonly string[]> {
  return [...(await membersOf(tree, at(path))).keys()].toSorted();
}

export const spellingCases: readonly TreeCase[] = [
  treeCase("what is listed is listed under its own path", async ({ tree }) => {
    await plant(tree, `/${folder}/`, `/${folder}/${file}`);
    for (const path of ["/", `/${folder}`, `/${folder}/${file}`, "/None", `/${folder}/None/None`]) {
      assert.equal(await listed(tree, path), at(path));
    }
  }),
  treeCaseNeeding("respell", "every spelling is listed under one path", async ({ tree }, respell) => {
    await plant(tree, `/${folder}/`, `/${folder}/${file}`);
    const own = at(`/${folder}/${file}`);
    for (const one of [folder, respell(folder)]) {
      for (const other of [file, respell(file)]) assert.equal(await listed(tree, `/${one}/${other}`), own);
      assert.equal(await listed(tree, `/${one}/None`), at(`/${folder}/None`));
    }
    assert.notEqual(at(`/${respell(folder)}/${respell(file)}`), own);
  }),
  treeCaseNeeding("respell", "another spelling puts no second document there", async ({ tree }, respell) => {
    await plant(tree, `/${file}`);
    const path = at(await listed(tree, `/${respell(file)}`));
    assert.equal((await put(tree, path, "new")).created, false);
    assert.deepEqual(await names(tree, "/"), [file]);
    assert.deepEqual(await tree.properties(path), [property("planted", `/${file}`)]);
  }),
  ...[true, false].map((replace) =>
    treeCaseNeeding(
      "respell",
      `MOVE to another spelling of the name, ${replace ? "with" : "without"} Overwrite, changes the name alone (§9.9)`,
      async ({ tree }, respell) => {
        await plant(tree, `/${folder}/`, `/${folder}/${file}`, `/${file}`);
        const before = await snapshot(tree, at(`/${folder}`));
        for (const name of [folder, file]) {
          const [source, destination] = [at(`/${name}`), at(`/${respell(name)}`)];
          const { seen } = await tree.see(destination, { members: replace });
          assert.deepEqual(await tree.move(source, destination, { replace, seen }, testWork()), {
            created: true,
          });
        }
        assert.deepEqual(await names(tree, "/"), [respell(folder), respell(file)].toSorted());
        assert.deepEqual(await snapshot(tree, at(`/${respell(folder)}`)), before);
        assert.equal(await contentOf(tree, at(`/${respell(file)}`)), `/${file}`);
        assert.deepEqual(await tree.properties(at(`/${respell(file)}`)), [property("planted", `/${file}`)]);
        assert.deepEqual(await tree.properties(at(`/${file}`)), []);
      },
    ),
  ),
];
