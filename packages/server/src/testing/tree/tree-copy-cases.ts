import assert from "node:assert/strict";
import { type ResourcePath, rebase } from "@meanwhile/dav";
import type { Tree } from "../../store.ts";
import { type TestWork, testWork } from "../test-work.ts";
import {
  assertComplete,
  assertSound,
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

const wood = ["/s/", "/s/a", "/s/b/", "/s/b/a", "/s/b/c/", "/s/b/c/d", "/s/empty/", "/s/z"];

export const copyCases: readonly TreeCase[] = [
  treeCase("COPY of a document takes its content and its dead properties (§9.8)", async ({ tree }) => {
    await plant(tree, "/s");
    const before = await snapshot(tree, at("/s"));
    const work = testWork();
    assert.deepEqual(await copy(tree, "/s", "/d", { work }), { created: true });
    assertComplete(work);
    assert.deepEqual(work.donePaths, [at("/s")]);
    assert.deepEqual(await snapshot(tree, at("/s")), before);
    assert.deepEqual(await snapshot(tree, at("/d")), before);
  }),
  treeCase("a copy and its source go their own ways", async ({ tree }) => {
    await plant(tree, "/s/", "/s/a");
    await copy(tree, "/s", "/d");
    const before = await snapshot(tree, at("/s"));
    await put(tree, at("/d/a"), "changed");
    await plant(tree, "/d/new");
    await tree.patchProperties(at("/d/a"), [{ action: "set", property: property("planted", "changed") }]);
    await tree.patchProperties(at("/d"), [{ action: "remove", name: property("planted", "").name }]);
    assert.deepEqual(await snapshot(tree, at("/s")), before);
    const copied = await snapshot(tree, at("/d"));
    await tree.patchProperties(at("/s/a"), [{ action: "set", property: property("late", "1") }]);
    await tree.remove(at("/s"), testWork());
    assert.deepEqual(await snapshot(tree, at("/d")), copied);
  }),
  treeCase(
    "COPY over a document replaces content, dead properties and entity tag (§9.8.4)",
    async ({ tree }) => {
      await plant(tree, "/s", "/d");
      await tree.patchProperties(at("/d"), [{ action: "set", property: property("old", "1") }]);
      const etag = await etagOf(tree, at("/d"));
      assert.deepEqual(await copy(tree, "/s", "/d", { replace: true }), { created: false });
      assert.deepEqual(await snapshot(tree, at("/d")), await snapshot(tree, at("/s")));
      assert.notEqual(await etagOf(tree, at("/d")), etag);
    },
  ),
  treeCase("COPY of a collection takes all its members (§9.8.3)", async ({ tree }) => {
    await plant(tree, ...wood);
    const before = await snapshot(tree, at("/s"));
    const work = testWork();
    assert.deepEqual(await copy(tree, "/s", "/d", { work }), { created: true });
    assertComplete(work);
    assert.equal(work.foundMembers, wood.length);
    assert.deepEqual(work.donePaths.toSorted(), wood.map(at).toSorted());
    assert.deepEqual(await snapshot(tree, at("/d")), before);
    assert.deepEqual(await snapshot(tree, at("/s")), before);
  }),
  treeCase("COPY tells of each member what kind it is", async ({ tree }) => {
    await plant(tree, ...wood);
    const work = testWork();
    await copy(tree, "/s", "/d", { work });
    for (const event of work.events) {
      if (event.kind !== "done") continue;
      assert.equal(event.resource, (await tree.lookup(event.path))?.kind, event.path);
    }
  }),
  treeCase("COPY with depth 0 makes the collection without members (§9.8.3)", async ({ tree }) => {
    await plant(tree, ...wood);
    const work = testWork();
    assert.deepEqual(await copy(tree, "/s", "/d", { depth: "0", work }), { created: true });
    assertComplete(work);
    assert.deepEqual(work.donePaths, [at("/s")]);
    assert.deepEqual(await snapshot(tree, at("/d")), {
      ".": 'collection <planted xmlns="urn:example">/s/</planted>',
    });
  }),
  treeCase(
    "COPY over a collection replaces it as a whole, with all its members (§9.8.4)",
    async ({ tree }) => {
      await plant(tree, ...wood, "/d/", "/d/a/", "/d/a/old", "/d/old", "/d/z");
      assert.deepEqual(await copy(tree, "/s", "/d", { replace: true }), { created: false });
      assert.deepEqual(await snapshot(tree, at("/d")), await snapshot(tree, at("/s")));
      await plant(tree, "/e/", "/e/old/", "/e/old/d");
      await copy(tree, "/s", "/e", { replace: true, depth: "0" });
      await tree.createCollection(at("/e/old"), []);
      await put(tree, at("/e/old/d"), "");
      assert.deepEqual(await tree.properties(at("/e/old")), []);
      assert.deepEqual(await tree.properties(at("/e/old/d")), []);
    },
  ),
  treeCase("COPY puts a collection in the place of a document, and the other way round", async ({ tree }) => {
    await plant(tree, ...wood, "/document", "/d/", "/d/member", "/e");
    await copy(tree, "/document", "/d", { replace: true });
    assert.deepEqual(await snapshot(tree, at("/d")), await snapshot(tree, at("/document")));
    await copy(tree, "/s", "/e", { replace: true });
    assert.deepEqual(await snapshot(tree, at("/e")), await snapshot(tree, at("/s")));
  }),
  treeCase("COPY replaces nothing that it may not replace (§10.6)", async ({ tree }) => {
    await plant(tree, ...wood, "/document", "/d/", "/d/member");
    const before = await snapshot(tree, at("/"));
    for (const [source, destination] of [
      ["/s", "/d"],
      ["/s", "/document"],
      ["/document", "/d"],
      ["/s/a", "/document"],
      ["/s", "/"],
    ] as const) {
      await refused(() => copy(tree, source, destination), "exists");
    }
    assert.deepEqual(await snapshot(tree, at("/")), before);
  }),
  treeCase("COPY of what is not there fails, and leaves the destination (§9.8.5)", async ({ tree }) => {
    await plant(tree, "/d/", "/d/member", "/document");
    const before = await snapshot(tree, at("/"));
    for (const source of ["/nothing", "/nothing/below", "/document/below"]) {
      await refused(() => copy(tree, source, "/d", { replace: true }), "not-found");
    }
    assert.deepEqual(await snapshot(tree, at("/")), before);
  }),
  treeCase("COPY has a place only in a collection that is there (§9.8.5)", async ({ tree }) => {
    await plant(tree, "/s/", "/s/a", "/document");
    const before = await snapshot(tree, at("/"));
    await refused(() => copy(tree, "/s", "/nothing/d"), "parent-missing");
    await refused(() => copy(tree, "/s/a", "/nothing/d", { replace: true }), "parent-missing");
    await refused(() => copy(tree, "/s", "/document/d"), "parent-missing");
    assert.deepEqual(await snapshot(tree, at("/")), before);
  }),
  treeCase("COPY into a member of the source ends, and harms no member of the source", async ({ tree }) => {
    await plant(tree, ...wood);
    const before = await snapshot(tree, at("/s"));
    // Whether this is refused is the server's business; that it ends is the tree's.
    await copy(tree, "/s", "/s/b/copy").catch(() => {});
    const after = await snapshot(tree, at("/s"));
    for (const [path, content] of Object.entries(before)) assert.equal(after[path], content, path);
  }),
  treeCase("COPY leaves skipped members alone, with all below them", async ({ tree }) => {
    await plant(tree, ...wood);
    const before = await snapshot(tree, at("/s"));
    const work = testWork({ skipped: [at("/s/b/c"), at("/s/z"), at("/elsewhere")] });
    assert.deepEqual(await copy(tree, "/s", "/d", { work }), { created: true });
    assertSound(work);
    assert.equal(work.failures.size, 0);
    const copied = ["/s", "/s/a", "/s/b", "/s/b/a", "/s/empty"];
    assert.deepEqual(work.donePaths.toSorted(), copied.map(at).toSorted());
    const { "./b/c": _, "./b/c/d": __, "./z": ___, ...rest } = before;
    assert.deepEqual(await snapshot(tree, at("/d")), rest);
    assert.deepEqual(await snapshot(tree, at("/s")), before);
  }),
  treeCaseNeeding(
    "unreadable",
    "COPY tells of the members that it cannot read, and copies the rest (§9.8.3)",
    async ({ tree }, unreadable) => {
      await plant(tree, ...wood);
      const { "./b/a": _, ...rest } = await snapshot(tree, at("/s"));
      await unreadable(at("/s/b/a"));
      const work = testWork();
      assert.deepEqual(await copy(tree, "/s", "/d", { work }), { created: true });
      assertComplete(work);
      assert.deepEqual([...work.failures], [[at("/s/b/a"), "denied"]]);
      assert.equal(await tree.lookup(at("/d/b/a")), undefined);
      assert.deepEqual(await snapshot(tree, at("/d")), rest);
    },
  ),
  treeCaseNeeding(
    "unreadable",
    "COPY replaces nothing where it cannot copy every member, and tells of those that it cannot (§9.8.5)",
    async ({ tree }, unreadable) => {
      await plant(tree, ...wood, "/d/", "/d/old", "/d/b/", "/d/b/a", "/document");
      const before = [await snapshot(tree, at("/d")), await snapshot(tree, at("/document"))];
      await unreadable(at("/s/b/a"));
      for (const destination of ["/d", "/document"]) {
        const work = testWork();
        await refused(() => copy(tree, "/s", destination, { replace: true, work }), "incomplete");
        assertSound(work);
        assert.deepEqual([...work.failures], [[at("/s/b/a"), "denied"]]);
      }
      assert.deepEqual([await snapshot(tree, at("/d")), await snapshot(tree, at("/document"))], before);
      assert.deepEqual([...(await membersOf(tree, at("/"))).keys()].toSorted(), ["d", "document", "s"]);
    },
  ),
  treeCaseNeeding(
    "unreadable",
    "COPY of a document that it cannot read fails, and leaves the destination",
    async ({ tree }, unreadable) => {
      await plant(tree, "/s", "/d");
      const before = await snapshot(tree, at("/d"));
      await unreadable(at("/s"));
      await refused(() => copy(tree, "/s", "/d", { replace: true }), "denied");
      await refused(() => copy(tree, "/s", "/new"), "denied");
      assert.deepEqual(await snapshot(tree, at("/d")), before);
      assert.equal(await tree.lookup(at("/new")), undefined);
    },
  ),
  treeCase("COPY that is stopped before it began changes nothing", async ({ tree }) => {
    await plant(tree, ...wood, "/d/", "/d/member");
    const before = await snapshot(tree, at("/"));
    const signal = AbortSignal.abort();
    await refused(() => copy(tree, "/s", "/d", { replace: true, work: testWork({ signal }) }), "stopped");
    await refused(() => copy(tree, "/s/a", "/new", { work: testWork({ signal }) }), "stopped");
    assert.deepEqual(await snapshot(tree, at("/")), before);
  }),
  ...(["found", "done"] as const).map((kind) =>
    treeCase(
      `COPY that is stopped when a member is ${kind} leaves the destination as before`,
      async ({ tree }) => {
        await plantMany(tree, 300);
        await plant(tree, "/d/", "/d/member");
        const before = await snapshot(tree, at("/"));
        for (const destination of ["/d", "/new"]) {
          const work = stoppedWork(kind);
          await refused(() => copy(tree, "/s", destination, { replace: true, work }), "stopped");
          assertSound(work);
          assert(work.donePaths.length < 301, "all was copied before it stopped");
        }
        assert.deepEqual(await snapshot(tree, at("/")), before);
      },
    ),
  ),
  treeCase("COPY of a large document is exact, and can be stopped inside", async ({ tree }) => {
    const content = Buffer.alloc(9 * 1024 * 1024 + 1);
    for (let index = 0; index < content.length - 4; index += 4096) content.writeUInt32LE(index, index);
    await put(tree, at("/s"), content);
    const work = testWork();
    await copy(tree, "/s", "/d", { work });
    assertComplete(work);
    assert(content.equals(await contentBytes(tree, at("/d"))));
    // A tree that copies as a whole tells nothing of bytes, and is not stopped here.
    const controller = new AbortController();
    const stopped = testWork({
      signal: controller.signal,
      onEvent: (event) => {
        if (event.kind === "bytes" && event.done < event.total) controller.abort();
      },
    });
    if (work.events.some((event) => event.kind === "bytes" && event.done < event.total)) {
      await refused(() => copy(tree, "/s", "/new", { work: stopped }), "stopped");
      assert.equal(await tree.lookup(at("/new")), undefined);
    }
  }),
  treeCase("COPY of a collection tells of which large document the bytes are", async ({ tree }) => {
    await plant(tree, "/s/", "/s/sub/", "/s/sub/small");
    await put(tree, at("/s/sub/large"), Buffer.alloc(9 * 1024 * 1024));
    const work = testWork();
    await copy(tree, "/s", "/d", { work });
    assertComplete(work);
    for (const event of work.events) if (event.kind === "bytes") assert.equal(event.path, "/s/sub/large");
  }),
  treeCase("COPY of deep and of wide collections", async ({ tree }) => {
    await plantMany(tree, 300);
    let deep = "/s/m0";
    for (let level = 0; level < 50; level += 1) {
      deep += "/deep";
      await plant(tree, `${deep}/`);
    }
    await plant(tree, `${deep}/document`);
    const work = testWork();
    await copy(tree, "/s", "/d", { work });
    assertComplete(work);
    assert.equal(work.foundMembers, 352);
    const document = at(`${deep}/document`);
    assert.equal(await contentOf(tree, rebase(document, at("/s"), at("/d"))), document);
    assert.deepEqual(await snapshot(tree, at("/d")), await snapshot(tree, at("/s")));
  }),
  treeCase("several COPYs of one source at once are all whole", async ({ tree }) => {
    await plant(tree, ...wood);
    const before = await snapshot(tree, at("/s"));
    await Promise.all([1, 2, 3].map((index) => copy(tree, "/s", `/d${index}`)));
    for (const index of [1, 2, 3]) assert.deepEqual(await snapshot(tree, at(`/d${index}`)), before);
  }),
];

interface CopyOptions {
  readonly replace?: boolean;
  readonly depth?: "0" | "infinity";
  readonly work?: TestWork;
}

async function copy(
  tree: Tree,
  source: string,
  destination: string,
  { replace = false, depth = "infinity", work = testWork() }: CopyOptions = {},
): Promise<{ readonly created: boolean }> {
  return tree.copy(at(source), at(destination), { replace, depth }, work);
}

/** A work that asks to be stopped when it is told the first event of this kind. */
export function stoppedWork(kind: "found" | "done"): TestWork {
  const controller = new AbortController();
  return testWork({
    signal: controller.signal,
    onEvent: (event) => {
      if (event.kind === kind) controller.abort();
    },
  });
}

/** Makes the collection /s with this many members. */
export async function plantMany(tree: Tree, members: number): Promise<void> {
  await tree.createCollection(at("/s"), []);
  for (let index = 0; index < members; index += 1) await tree.createCollection(member(index), []);
}

function member(index: number): ResourcePath {
  return at(`/s/m${index}`);
}
