/**
 * What tests of stores, and of programs that use stores, need: the contracts of {@link Tree} and {@link LockStore}
 * as data for any test runner, and stores in memory.
 *
 * ```ts
 * for (const { name, needs, run } of treeContract) {
 *   test(name, ({ skip }) => {
 *     skip(needs !== undefined && capabilities[needs] === undefined, `it needs ${needs}`);
 *     return run({ tree, capabilities });
 *   });
 * }
 * ```
 */
export type { ContractCase } from "./testing/contract-case.ts";
export { lockStoreContract } from "./testing/lock-store-contract.ts";
export type { LockStoreSubject } from "./testing/lock-store-subject.ts";
export { runLockStory } from "./testing/lock-story.ts";
export { createMemoryLockStore, type MemoryLockStoreOptions } from "./testing/memory-lock-store.ts";
export { createMemoryTree, type MemoryAct, type MemoryTreeOptions } from "./testing/memory-tree.ts";
export { createMemoryUploadStore } from "./testing/memory-upload-store.ts";
export { type Gate, type SlowStep, slowTree } from "./testing/slow-tree.ts";
export { type TestWork, type TestWorkOptions, testWork, type WorkEvent } from "./testing/test-work.ts";
export { treeContract } from "./testing/tree-contract.ts";
export type { TreeCapabilities, TreeCase, TreeSubject } from "./testing/tree-subject.ts";
