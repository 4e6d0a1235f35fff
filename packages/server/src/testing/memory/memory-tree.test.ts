import type { ResourcePath } from "@meanwhile/dav";
import { describe, expect, test } from "vitest";
import { slowTree } from "../slow-tree.ts";
import { treeContract } from "../tree/tree-contract.ts";
import { at, plant, refused } from "../tree/tree-fixture.ts";
import type { TreeSubject } from "../tree/tree-subject.ts";
import { createMemoryTree, type MemoryAct } from "./memory-tree.ts";

function subject(): TreeSubject {
  const failures = new Set<string>();
  const fail = (act: MemoryAct) => (path: ResourcePath) => {
    failures.add(`${act} ${path}`);
  };
  const tree = createMemoryTree({
    failing: (act, path) => (failures.has(`${act} ${path}`) ? "denied" : undefined),
    propertyCharacters: 200_000,
  });
  return {
    tree,
    capabilities: {
      caseSensitive: true,
      normalizationSensitive: true,
      anyCharacter: true,
      nameBytes: 255,
      propertyBytes: 200_000,
      unreadable: fail("read"),
      unwritable: fail("write"),
      irremovable: fail("remove"),
    },
  };
}

const cases = treeContract.filter(({ needs }) => needs !== "respell");

describe("the tree in memory keeps the contract", () => {
  for (const { name, run } of cases) test(name, () => run(subject()));
});

describe("a slow tree keeps the contract", () => {
  for (const { name, run } of cases) {
    test(name, () => {
      const { tree, capabilities } = subject();
      return run({ tree: slowTree(tree, async () => {}), capabilities });
    });
  }
});

describe("the tree in memory", () => {
  test("fails as it is told, with the code that it is told", async () => {
    const tree = createMemoryTree({
      failing: (act, path) => (act === "write" && path === "/full" ? "no-space" : undefined),
    });
    await refused(() => tree.draft(at("/full"), { length: 1 }), "no-space");
    await refused(() => tree.createCollection(at("/full"), []), "no-space");
    await plant(tree, "/empty");
    expect(await tree.lookup(at("/full"))).toBeUndefined();
  });

  test("takes its times from the clock", async () => {
    let nowMs = 1000;
    const tree = createMemoryTree({ clock: () => nowMs });
    nowMs = 2000;
    await tree.createCollection(at("/c"), []);
    expect(await tree.lookup(at("/c"))).toEqual({ kind: "collection", modifiedMs: 2000, createdMs: 2000 });
  });

  test("tells its quota", async () => {
    const quota = { availableBytes: 1, usedBytes: 2 };
    expect(await createMemoryTree({ quota }).quota?.(at("/"))).toEqual(quota);
  });
});
