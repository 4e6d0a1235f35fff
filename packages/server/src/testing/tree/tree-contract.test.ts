import { Readable } from "node:stream";
import { memberPath } from "@meanwhile/dav";
import { describe, expect, test } from "vitest";
import { type Tree, TreeError, type TreeWork } from "../../store.ts";
import { createMemoryTree } from "../memory/memory-tree.ts";
import { testWork } from "../test-work.ts";
import { treeContract } from "./tree-contract.ts";
import { membersOf } from "./tree-fixture.ts";

type Sabotage = (tree: Tree) => Partial<Tree>;

/** Trees that break one promise each: a contract that such a tree keeps would promise nothing. */
const sabotages: readonly (readonly [string, Sabotage])[] = [
  [
    "gives the same entity tag for the same length",
    (tree) => ({
      lookup: async (path) => {
        const found = await tree.lookup(path);
        return found?.kind === "document" ? { ...found, etag: `"${found.length}"` } : found;
      },
    }),
  ],
  [
    "lists a member twice",
    (tree) => ({
      members: async function* (path, options) {
        for await (const batch of tree.members(path, options)) yield [...batch, ...batch.slice(0, 1)];
      },
    }),
  ],
  [
    "lists properties that nobody asked for",
    (tree) => ({
      members: (path) => tree.members(path, { properties: true }),
    }),
  ],
  [
    "lists no more than a thousand members",
    (tree) => ({
      members: async function* (path, options) {
        let listed = 0;
        for await (const batch of tree.members(path, options)) {
          listed += batch.length;
          if (listed <= 1000) yield batch;
        }
      },
    }),
  ],
  [
    "answers for members of a document as if it were an empty collection",
    (tree) => ({
      members: async function* (path, options) {
        if ((await tree.lookup(path))?.kind !== "document") yield* tree.members(path, options);
      },
    }),
  ],
  [
    "reads the newest content of an opened document",
    (tree) => ({
      open: async (path) => ({
        ...(await tree.open(path)),
        bytes: async (range) => (await tree.open(path)).bytes(range),
      }),
    }),
  ],
  [
    "gives a byte too many",
    (tree) => ({
      open: async (path) => {
        const document = await tree.open(path);
        return { ...document, stream: ({ start, end }) => document.stream({ start, end: end + 1 }) };
      },
    }),
  ],
  [
    "streams nothing",
    (tree) => ({
      open: async (path) => ({
        ...(await tree.open(path)),
        resource: (await tree.open(path)).resource,
        stream: () => Readable.from([]),
      }),
    }),
  ],
  [
    "keeps what it is given, not a copy",
    (tree) => ({
      draft: async (path, options) => {
        const draft = await tree.draft(path, options);
        const chunks: Uint8Array[] = [];
        return {
          write: (chunk) => void chunks.push(chunk),
          commit: async (how) => {
            for (const chunk of chunks) await draft.write(chunk);
            return draft.commit(how);
          },
          discard: () => draft.discard(),
        };
      },
    }),
  ],
  [
    "forgets the time that a client says",
    (tree) => ({
      draft: async (path, options) => {
        const draft = await tree.draft(path, options);
        return {
          write: (chunk) => draft.write(chunk),
          commit: () => draft.commit({ modifiedMs: undefined }),
          discard: () => draft.discard(),
        };
      },
    }),
  ],
  [
    "makes a document as soon as a draft begins",
    (tree) => ({
      draft: async (path, options) => {
        await (await tree.draft(path, options)).commit({ modifiedMs: undefined });
        return tree.draft(path, options);
      },
    }),
  ],
  [
    "applies some of the changes of properties",
    (tree) => ({
      patchProperties: async (path, changes) => {
        for (const change of changes) await tree.patchProperties(path, [change]);
      },
    }),
  ],
  [
    "applies changes of properties in reverse",
    (tree) => ({
      patchProperties: (path, changes) => tree.patchProperties(path, changes.toReversed()),
    }),
  ],
  [
    "copies without dead properties",
    (tree) => ({
      copy: async (source, destination, options, work) => {
        const result = await tree.copy(source, destination, options, work);
        for (const { name } of await tree.properties(destination)) {
          await tree.patchProperties(destination, [{ action: "remove", name }]);
        }
        return result;
      },
    }),
  ],
  [
    "copies members whatever the depth",
    (tree) => ({
      copy: (source, destination, options, work) =>
        tree.copy(source, destination, { ...options, depth: "infinity" }, work),
    }),
  ],
  [
    "replaces what it may not",
    (tree) => ({
      copy: (source, destination, options, work) =>
        tree.copy(source, destination, { ...options, replace: true }, work),
    }),
  ],
  [
    "moves over what it may not",
    (tree) => ({
      move: (source, destination, options, work) =>
        tree.move(source, destination, { ...options, replace: true }, work),
    }),
  ],
  [
    "copies skipped members",
    (tree) => ({
      copy: (source, destination, options, work) =>
        tree.copy(source, destination, options, relay(work, { skipped: new Set() })),
    }),
  ],
  [
    "removes skipped members",
    (tree) => ({
      remove: (path, work) => tree.remove(path, relay(work, { skipped: new Set() })),
    }),
  ],
  [
    "moves skipped members",
    (tree) => ({
      move: (source, destination, options, work) =>
        tree.move(source, destination, options, relay(work, { skipped: new Set() })),
    }),
  ],
  [
    "copies on when it is asked to stop",
    (tree) => ({
      copy: (source, destination, options, work) =>
        tree.copy(source, destination, options, relay(work, { signal: testWork().signal })),
    }),
  ],
  [
    "removes on when it is asked to stop",
    (tree) => ({
      remove: (path, work) => tree.remove(path, relay(work, { signal: testWork().signal })),
    }),
  ],
  [
    "moves on when it is asked to stop",
    (tree) => ({
      move: (source, destination, options, work) =>
        tree.move(source, destination, options, relay(work, { signal: testWork().signal })),
    }),
  ],
  [
    "leaves half a copy when it is stopped",
    (tree) => ({
      copy: async (source, destination, options, work) => {
        try {
          return await tree.copy(source, destination, options, work);
        } catch (error) {
          if (error instanceof TreeError && error.code === "stopped")
            if ((await tree.lookup(destination)) === undefined) await tree.createCollection(destination, []);
          throw error;
        }
      },
    }),
  ],
  [
    "removes the destination before it knows the source",
    (tree) => ({
      copy: async (source, destination, options, work) => {
        const there = (await tree.lookup(destination)) !== undefined;
        if (there && options.replace) await tree.remove(destination, testWork());
        const { created } = await tree.copy(source, destination, options, work);
        return { created: created && !there };
      },
    }),
  ],
  [
    "merges a copied collection into the one that is there",
    (tree) => ({
      copy: async (source, destination, options, work) => {
        const old = (await tree.lookup(destination))?.kind === "collection";
        const names = old ? [...(await membersOf(tree, destination)).keys()] : [];
        const result = await tree.copy(source, destination, options, work);
        for (const name of (await tree.lookup(destination))?.kind === "collection" ? names : []) {
          const path = memberPath(destination, name);
          if ((await tree.lookup(path)) === undefined) await tree.createCollection(path, []);
        }
        return result;
      },
    }),
  ],
  [
    "tells of no member that it copied",
    (tree) => ({
      copy: (source, destination, options, work) =>
        tree.copy(source, destination, options, relay(work, { done: () => {} })),
    }),
  ],
  [
    "tells twice of members that it removed",
    (tree) => ({
      remove: (path, work) =>
        tree.remove(
          path,
          relay(work, {
            done: (one, kind) => {
              work.done(one, kind);
              work.done(one, kind);
            },
          }),
        ),
    }),
  ],
  [
    "never tells that all are counted",
    (tree) => ({
      remove: (path, work) => tree.remove(path, relay(work, { counted: () => {} })),
    }),
  ],
  [
    "tells of no failure",
    (tree) => ({
      remove: (path, work) => tree.remove(path, relay(work, { failed: () => {} })),
    }),
  ],
  ["fails with other errors", () => ({ remove: async () => Promise.reject(new Error("EIO")) })],
  [
    "says that it created what it replaced",
    (tree) => ({
      move: async (source, destination, options, work) => ({
        ...(await tree.move(source, destination, options, work)),
        created: true,
      }),
    }),
  ],
  [
    "sees what is there now, and not what was",
    (tree) => ({ remove: (path, work) => tree.remove(path, work) }),
  ],
  [
    "replaces whatever is there",
    (tree) => ({
      move: (source, destination, { replace }, work) => tree.move(source, destination, { replace }, work),
    }),
  ],
  [
    "does not tell what it kept",
    (tree) => ({
      copy: (source, destination, options, work) =>
        tree.copy(source, destination, options, relay(work, { kept: () => {} })),
    }),
  ],
];

describe("the contract is broken by a tree that", () => {
  test.each(sabotages)("%s", async (_name, sabotage) => {
    expect(await brokenCase(sabotage)).toBeDefined();
  });

  test("does any of this, and by no other", async () => {
    const relayed: Sabotage = (tree) => ({
      copy: (source, destination, options, work) => tree.copy(source, destination, options, relay(work, {})),
      remove: (path, work, removable) => tree.remove(path, relay(work, {}), removable),
    });
    expect(await brokenCase(relayed)).toBeUndefined();
  });
});

/** The first case that such a tree does not pass. */
async function brokenCase(sabotage: Sabotage): Promise<string | undefined> {
  for (const { name, needs, run } of treeContract) {
    const failures = new Set<string>();
    const tree = createMemoryTree({
      propertyCharacters: 200_000,
      failing: (act, path) => (failures.has(`${act} ${path}`) ? "denied" : undefined),
    });
    const capabilities = {
      propertyBytes: 200_000,
      irremovable: (path: string) => void failures.add(`remove ${path}`),
    };
    if (needs !== undefined && !(needs in capabilities)) continue;
    try {
      await run({ tree: { ...wholeOf(tree), ...sabotage(tree) }, capabilities });
    } catch {
      // That it fails is what is asked here.
      return name;
    }
  }
  return undefined;
}

function wholeOf(tree: Tree): Tree {
  return {
    lookup: (path) => tree.lookup(path),
    see: (path, options) => tree.see(path, options),
    members: (path, options) => tree.members(path, options),
    open: (path) => tree.open(path),
    draft: (path, options) => tree.draft(path, options),
    createCollection: (path, properties) => tree.createCollection(path, properties),
    properties: (path) => tree.properties(path),
    patchProperties: (path, changes) => tree.patchProperties(path, changes),
    touch: (path, modifiedMs) => tree.touch(path, modifiedMs),
    copy: (source, destination, options, work) => tree.copy(source, destination, options, work),
    move: (source, destination, options, work) => tree.move(source, destination, options, work),
    remove: (path, work, removable) => tree.remove(path, work, removable),
  };
}

function relay(work: TreeWork, changes: Partial<TreeWork>): TreeWork {
  return {
    id: work.id,
    resumed: work.resumed,
    signal: work.signal,
    skipped: work.skipped,
    found: (members) => work.found(members),
    counted: () => work.counted(),
    done: (path, kind) => work.done(path, kind),
    failed: (path, kind, error) => work.failed(path, kind, error),
    kept: (kept) => work.kept(kept),
    bytes: (done, total, path) => work.bytes(done, total, path),
    ...changes,
  };
}
