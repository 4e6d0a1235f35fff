import { memberPath, type ResourcePath } from "@meanwhile/dav";
import { describe, expect, test } from "vitest";
import type { Tree } from "../store.ts";
import { createMemoryTree } from "./memory/memory-tree.ts";
import { type SlowStep, slowTree } from "./slow-tree.ts";
import { testWork } from "./test-work.ts";
import { at, contentOf, membersOf, plant, put, refused, snapshot } from "./tree/tree-fixture.ts";

/** A gate that lets steps pass one by one, and tells when one waits. Listing is free. */
class Turnstile {
  readonly passed: string[] = [];
  #waiting: (() => void) | undefined;
  #arrived: (() => void) | undefined;

  readonly gate = async (step: SlowStep, path: ResourcePath): Promise<void> => {
    if (step === "list") return;
    await new Promise<void>((resolve) => {
      this.passed.push(`${step} ${path}`);
      this.#waiting = resolve;
      this.#arrived?.();
    });
  };

  /** Waits until a step waits, and then lets it pass. */
  async pass(): Promise<void> {
    await this.waits();
    const pass = this.#waiting;
    this.#waiting = undefined;
    pass?.();
  }

  async waits(): Promise<void> {
    if (this.#waiting !== undefined) return;
    await new Promise<void>((resolve) => {
      this.#arrived = resolve;
    });
    this.#arrived = undefined;
  }
}

async function planted(): Promise<{ inner: Tree; tree: Tree; turnstile: Turnstile }> {
  const inner = createMemoryTree({ partBytes: 4 });
  await plant(inner, "/s/", "/s/a", "/s/b/", "/s/b/c");
  const turnstile = new Turnstile();
  return { inner, tree: slowTree(inner, turnstile.gate), turnstile };
}

describe("a slow tree", () => {
  test("says that a member is copied only when the gate let it pass", async () => {
    const { inner, tree, turnstile } = await planted();
    const work = testWork();
    const copied = tree.copy(at("/s"), at("/d"), { replace: false, depth: "infinity" }, work);
    for (let done = 0; done < 4; ) {
      await turnstile.waits();
      expect(work.foundMembers).toBe(4);
      expect(work.donePaths).toHaveLength(done);
      expect(await inner.lookup(at("/d"))).toBeUndefined();
      if (turnstile.passed.at(-1)?.startsWith("member")) done += 1;
      await turnstile.pass();
    }
    expect(await copied).toEqual({ created: true });
    expect(await snapshot(inner, at("/d"))).toEqual(await snapshot(inner, at("/s")));
  });

  test("lists no copy that is not in place", async () => {
    const { inner, tree, turnstile } = await planted();
    const controller = new AbortController();
    const work = testWork({ signal: controller.signal });
    const copied = tree.copy(at("/s"), at("/d"), { replace: false, depth: "infinity" }, work);
    const ended = refused(() => copied, "stopped");
    await turnstile.waits();
    expect((await membersOf(inner, at("/"))).size).toBe(2);
    expect([...(await membersOf(tree, at("/"))).keys()]).toEqual(["s"]);
    controller.abort();
    await turnstile.pass();
    await ended;
    expect([...(await membersOf(inner, at("/"))).keys()]).toEqual(["s"]);
  });

  test("removes one member at a time", async () => {
    const { inner, tree, turnstile } = await planted();
    const work = testWork();
    const removed = tree.remove(at("/s"), work);
    for (const left of [4, 3, 2, 1]) {
      await turnstile.waits();
      expect(Object.keys(await snapshot(inner, at("/s")))).toHaveLength(left);
      expect(work.donePaths).toHaveLength(4 - left);
      await turnstile.pass();
    }
    await removed;
    expect(await inner.lookup(at("/s"))).toBeUndefined();
  });

  test("does not remove a collection that got a new member meanwhile", async () => {
    const inner = createMemoryTree();
    await plant(inner, "/s/", "/s/a");
    const tree = slowTree(inner, async (step, path) => {
      if (step === "member" && path === "/s") await put(inner, memberPath(path, "new"), "new");
    });
    const work = testWork();
    await tree.remove(at("/s"), work);
    expect([...work.failures]).toEqual([["/s", "busy"]]);
    expect(await contentOf(inner, at("/s/new"))).toBe("new");
  });

  test("waits before it moves, gives or takes bytes, lists, commits", async () => {
    const inner = createMemoryTree();
    const steps: string[] = [];
    const tree = slowTree(inner, async (step, path) => {
      steps.push(`${step} ${path}`);
    });
    await put(tree, at("/a"), "content");
    await contentOf(tree, at("/a"));
    await membersOf(tree, at("/"));
    await tree.move(at("/a"), at("/b"), { replace: false }, testWork());
    await tree.remove(at("/b"), testWork());
    expect(steps).toEqual(["bytes /a", "commit /a", "bytes /a", "list /", "move /a", "member /b"]);
  });
});
