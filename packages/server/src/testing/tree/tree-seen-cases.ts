/** What was judged is what is replaced or removed: other programs act between the look and the change. */
import assert from "node:assert/strict";
import type { CommitOptions, Tree } from "../../store.ts";
import { type TestWork, testWork } from "../test-work.ts";
import { assertSound, at, contentOf, membersOf, plant, put, refused, snapshot } from "./tree-fixture.ts";
import { type TreeCase, treeCase } from "./tree-subject.ts";

const theirs = "theirs";
const transfers = ["copy", "move"] as const;
type Transfer = (typeof transfers)[number];

interface Asked {
  readonly replace?: boolean;
  readonly seen?: string;
  readonly sourceSeen?: string;
  readonly work?: TestWork;
}

function transfer(
  tree: Tree,
  method: Transfer,
  source: string,
  { replace = true, work = testWork(), ...seen }: Asked,
): Promise<{ readonly created: boolean }> {
  const placement = { replace, ...seen };
  return method === "copy"
    ? tree.copy(at(source), at("/d"), { ...placement, depth: "infinity" }, work)
    : tree.move(at(source), at("/d"), placement, work);
}

async function commit(
  tree: Tree,
  over: CommitOptions["over"] | undefined,
): Promise<{ readonly created: boolean }> {
  const draft = await tree.draft(at("/d"), { length: 4 });
  await draft.write(Buffer.from("ours"));
  try {
    return await draft.commit({ modifiedMs: undefined, ...(over === undefined ? {} : { over }) });
  } finally {
    await draft.discard();
  }
}

async function see(tree: Tree, path: string): Promise<string> {
  return (await tree.see(at(path), { members: true })).seen;
}

/** Takes a resource away and makes another under its name. */
async function replaceBy(tree: Tree, path: string, kind: "collection" | "document"): Promise<void> {
  if ((await tree.lookup(at(path))) !== undefined) await tree.remove(at(path), testWork());
  if (kind === "collection") await plant(tree, `${path}/`);
  await put(tree, at(kind === "collection" ? `${path}/their` : path), theirs);
}

const kinds = ["collection", "document"] as const;
const wood = ["/s/", "/s/a", "/s/b/", "/s/b/a", "/s/document"];
const replaced = ["/d/", "/d/a", "/d/b/", "/d/b/a", "/d/old/", "/d/old/a", "/d/document/"];
const additions = [
  {
    where: "to its members",
    added: ["/d/b/new", "/d/b/a", "/d/old/new"],
    back: ["/d/b/new", "/d/old/new"],
    gone: ["/d/old/a"],
  },
  {
    where: "to itself",
    added: ["/d/new", "/d/a", "/d/document/new", "/d/tree/"],
    back: ["/d/new", "/d/tree"],
    gone: ["/d/old"],
  },
];

export const seenCases: readonly TreeCase[] = [
  treeCase("what is seen is the resource that a look-up finds", async ({ tree }) => {
    await plant(tree, "/d", "/c/");
    for (const path of ["/d", "/c", "/nothing", "/nothing/below", "/"]) {
      const { resource } = await tree.see(at(path), { members: true });
      assert.deepEqual(resource, await tree.lookup(at(path)));
    }
  }),
  ...transfers.flatMap((method) => [
    treeCase(
      `${method.toUpperCase()} onto what was seen, and is as it was, replaces it`,
      async ({ tree }) => {
        for (const there of ["/d", "/d/", "/nothing"]) {
          await plant(tree, "/s/", "/s/a", there);
          const before = await snapshot(tree, at("/s"));
          const work = testWork();
          const { created } = await transfer(tree, method, "/s", { seen: await see(tree, "/d"), work });
          assert.equal(created, there === "/nothing");
          assertSound(work);
          assert.equal(work.keptPaths.size, 0);
          assert.deepEqual(await snapshot(tree, at("/d")), before);
          for (const path of ["/s", "/d", "/nothing"]) {
            if ((await tree.lookup(at(path))) !== undefined) await tree.remove(at(path), testWork());
          }
        }
      },
    ),
    ...kinds.flatMap((kind) =>
      ["/s", "/s/a"].map((source) =>
        treeCase(
          `${method.toUpperCase()} of ${source} does not replace a ${kind} that came to be since (§9.8.4)`,
          async ({ tree }) => {
            for (const before of ["", "/d", "/d/"]) {
              await plant(tree, "/s/", "/s/a", ...(before === "" ? [] : [before]));
              const seen = await see(tree, "/d");
              await replaceBy(tree, "/d", kind);
              const after = await snapshot(tree, at("/"));
              await refused(() => transfer(tree, method, source, { seen }), "changed");
              assert.deepEqual(await snapshot(tree, at("/")), after);
              await refused(() => transfer(tree, method, source, { seen, replace: false }), "exists");
              assert.deepEqual(await snapshot(tree, at("/")), after);
              for (const path of ["/s", "/d"]) await tree.remove(at(path), testWork());
            }
          },
        ),
      ),
    ),
    treeCase(`${method.toUpperCase()} onto what was seen, and is gone, puts it there`, async ({ tree }) => {
      for (const there of ["/d", "/d/"]) {
        await plant(tree, "/s/", "/s/a", there);
        const before = await snapshot(tree, at("/s"));
        const seen = await see(tree, "/d");
        await tree.remove(at("/d"), testWork());
        await transfer(tree, method, "/s", { seen });
        assert.deepEqual(await snapshot(tree, at("/d")), before);
        for (const path of ["/s", "/d"]) {
          if ((await tree.lookup(at(path))) !== undefined) await tree.remove(at(path), testWork());
        }
      }
    }),
    treeCase(
      `${method.toUpperCase()} of a source that is not as it was seen fails, where that is asked`,
      async ({ tree }) => {
        await plant(tree, "/s");
        const sourceSeen = await see(tree, "/s");
        await put(tree, at("/s"), theirs);
        await refused(() => transfer(tree, method, "/s", { sourceSeen }), "changed");
        assert.equal(await contentOf(tree, at("/s")), theirs);
        assert.equal(await tree.lookup(at("/d")), undefined);
        await transfer(tree, method, "/s", { sourceSeen: await see(tree, "/s") });
        assert.equal(await contentOf(tree, at("/d")), theirs);
      },
    ),
    ...additions.map(({ where, added, back, gone }) =>
      treeCase(
        `${method.toUpperCase()} over a collection keeps what came ${where} since, and tells of it`,
        async ({ tree }) => {
          await plant(tree, ...wood, ...replaced);
          const expected = await snapshot(tree, at("/s"));
          const seen = await see(tree, "/d");
          for (const path of added) {
            if (path.endsWith("/")) await plant(tree, path, `${path}member`);
            else await put(tree, at(path), `${theirs} ${path}`);
          }
          const work = testWork();
          assert.deepEqual(await transfer(tree, method, "/s", { seen, work }), { created: false });
          assertSound(work);
          assert.deepEqual([...new Set(work.keptPaths.values())], ["changed"]);
          assert.equal(work.keptPaths.size, added.length, JSON.stringify([...work.keptPaths]));
          for (const event of work.events) {
            if (event.kind !== "kept") continue;
            const { path, was, kind } = event.kept;
            assert.equal((await tree.lookup(path))?.kind, kind);
            if (kind === "document") assert.equal(await contentOf(tree, path), `${theirs} ${was}`);
            else assert.deepEqual([...(await membersOf(tree, path)).keys()], ["member"]);
          }
          const now = await snapshot(tree, at("/d"));
          for (const [path, content] of Object.entries(expected)) assert.equal(now[path], content, path);
          // Where its path is free, a member has it again.
          for (const path of back) assert(work.keptPaths.has(at(path)), path);
          for (const path of gone) assert.equal(await tree.lookup(at(path)), undefined, path);
        },
      ),
    ),
  ]),
  treeCase("MOVE of a document over a collection keeps members that came to be since", async ({ tree }) => {
    await plant(tree, "/s", "/d/", "/d/old", "/d/b/");
    const seen = await see(tree, "/d");
    await put(tree, at("/d/b/new"), theirs);
    const work = testWork();
    await transfer(tree, "move", "/s", { seen, work });
    assert.equal(await contentOf(tree, at("/d")), "/s");
    const [kept] = [...work.keptPaths.keys()];
    assert(kept !== undefined && work.keptPaths.size === 1);
    assert.equal(await contentOf(tree, kept), theirs);
  }),
  treeCase("a draft that may replace nothing leaves what came to be since", async ({ tree }) => {
    for (const kind of kinds) {
      await replaceBy(tree, "/d", kind);
      const before = await snapshot(tree, at("/"));
      await refused(() => commit(tree, "nothing"), "exists", "is-a-collection");
      assert.deepEqual(await snapshot(tree, at("/")), before);
    }
    await tree.remove(at("/d"), testWork());
    assert.equal((await commit(tree, "nothing")).created, true);
    assert.equal(await contentOf(tree, at("/d")), "ours");
  }),
  treeCase("a draft that may replace what was seen replaces nothing else", async ({ tree }) => {
    await plant(tree, "/d");
    const seen = await see(tree, "/d");
    await put(tree, at("/d"), theirs);
    await refused(() => commit(tree, { seen }), "changed");
    assert.equal(await contentOf(tree, at("/d")), theirs);
    await tree.remove(at("/d"), testWork());
    await refused(() => commit(tree, { seen }), "changed");
    assert.equal(await tree.lookup(at("/d")), undefined);
    await put(tree, at("/d"), theirs);
    assert.equal((await commit(tree, { seen: await see(tree, "/d") })).created, false);
    assert.equal(await contentOf(tree, at("/d")), "ours");
  }),
  treeCase("a draft that may replace any document replaces the one that is there", async ({ tree }) => {
    await plant(tree, "/d");
    await put(tree, at("/d"), theirs);
    assert.equal((await commit(tree, undefined)).created, false);
    assert.equal(await contentOf(tree, at("/d")), "ours");
  }),
  treeCase("DELETE removes what was seen, and not what took its place (§9.6)", async ({ tree }) => {
    for (const before of ["/d", "/d/"]) {
      await plant(tree, before);
      const seen = await see(tree, "/d");
      await tree.remove(at("/d"), testWork());
      await put(tree, at("/d"), theirs);
      await refused(() => tree.remove(at("/d"), testWork(), { seen }), "changed");
      assert.equal(await contentOf(tree, at("/d")), theirs);
      await tree.remove(at("/d"), testWork(), { seen: await see(tree, "/d"), unchanged: true });
      assert.equal(await tree.lookup(at("/d")), undefined);
    }
  }),
];
