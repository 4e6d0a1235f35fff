/** A server around a slow tree whose steps, and whose time, a test holds in its hand; and clients that come back. */
import type { ResourcePath } from "@meanwhile/dav";
import {
  createOperations,
  memoryJournal,
  type OperationLimits,
  type Operations,
} from "@meanwhile/operations";
import { type ManualTimers, manualTimers } from "../../../../interim/src/testing/manual-timers.ts";
import type { Tree } from "../../store.ts";
import { createMemoryTree, type MemoryTreeOptions } from "../memory/memory-tree.ts";
import { type SlowStep, slowTree } from "../slow-tree.ts";
import { plant } from "../tree/tree-fixture.ts";
import { type Served, type ServeOptions, serve, type TestGate, testGate } from "./serve-fixture.ts";
import { type Caller, caller, type Over } from "./test-call.ts";

export interface RejoinServer extends Served {
  readonly call: Caller["call"];
  /** What the tree has, whatever is slow. */
  readonly tree: Tree;
  readonly gate: TestGate;
  readonly timers: ManualTimers;
  readonly operations: Operations;
  /** How many operations the journal keeps. */
  readonly journal: { readonly size: number };
  /** How often the tree was asked to do what changes it: "copy", "draft", ... */
  readonly calls: ReadonlyMap<string, number>;
  /** Drafts that were begun, and are neither committed nor discarded. */
  readonly openDrafts: number;
}

export interface RejoinOptions extends ServeOptions {
  readonly over: Over;
  /** Steps that wait at the gate; default all but "list". */
  readonly slow?: readonly SlowStep[];
  readonly operationLimits?: Partial<OperationLimits>;
  /** What the tree fails with; see {@link MemoryTreeOptions}. */
  readonly failing?: MemoryTreeOptions["failing"];
  /** How many operations are kept. */
  readonly entries?: number;
}

const defaultSlow: readonly SlowStep[] = ["member", "move", "bytes", "commit"];

/** Serves "/a/" with three members, "/b/" that is empty, and "/doc". Its gate is open until the test says otherwise. */
export async function serveRejoin(options: RejoinOptions): Promise<RejoinServer> {
  const { over, slow = defaultSlow, operationLimits = {}, entries = 10_000, failing, ...rest } = options;
  const timers = manualTimers(1_000_000);
  const gate = testGate();
  const journal = memoryJournal({ entries }, timers.now);
  const operations =
    rest.operations ??
    createOperations({
      journal,
      now: timers.now,
      after: timers.after,
      limits: operationLimits,
    });
  const tree = createMemoryTree(failing === undefined ? {} : { failing });
  await plant(tree, "/a/", "/a/1", "/a/2", "/a/3", "/b/", "/doc");
  const counted = countCalls(
    slowTree(tree, (step) => (slow.includes(step) ? gate.pass() : Promise.resolve())),
  );
  const served = await serve({
    interim: { front: "none", afterMs: 1_000, everyMs: 5 },
    now: timers.now,
    ...rest,
    over,
    tree: counted.tree,
    operations,
  });
  const calls = caller(over, served.port);
  return {
    ...served,
    tree,
    gate,
    timers,
    operations,
    journal,
    calls: counted.calls,
    get openDrafts() {
      return counted.openDrafts();
    },
    call: calls.call,
    close: async () => {
      calls.close();
      gate.open();
      await served.close();
    },
  };
}

interface Counted {
  readonly tree: Tree;
  readonly calls: ReadonlyMap<string, number>;
  openDrafts(): number;
}

function countCalls(tree: Tree): Counted {
  const calls = new Map<string, number>();
  const open = new Set<object>();
  const count = (name: string): void => void calls.set(name, (calls.get(name) ?? 0) + 1);
  const counting: Tree = {
    lookup: (path) => tree.lookup(path),
    see: (path, how) => tree.see(path, how),
    members: (path, how) => tree.members(path, how),
    open: (path) => tree.open(path),
    properties: (path) => tree.properties(path),
    patchProperties: (path, changes) => tree.patchProperties(path, changes),
    touch: (path, ms) => tree.touch(path, ms),
    createCollection(path, properties) {
      count("createCollection");
      return tree.createCollection(path, properties);
    },
    copy(source, destination, how, work) {
      count("copy");
      return tree.copy(source, destination, how, work);
    },
    move(source, destination, how, work) {
      count("move");
      return tree.move(source, destination, how, work);
    },
    remove(path: ResourcePath, work, removable) {
      count("remove");
      return tree.remove(path, work, removable);
    },
    async draft(path, how) {
      count("draft");
      const draft = await tree.draft(path, how);
      open.add(draft);
      return {
        write: (chunk) => draft.write(chunk),
        async commit(last) {
          count("commit");
          const committed = await draft.commit(last);
          open.delete(draft);
          return committed;
        },
        async discard() {
          await draft.discard();
          open.delete(draft);
        },
      };
    },
  };
  return { tree: counting, calls, openDrafts: () => open.size };
}
