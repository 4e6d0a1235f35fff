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
export {
  type ExpiringTablesSubject,
  expiringTableContract,
} from "./testing/expiring/expiring-table-contract.ts";
export { sharedTables } from "./testing/expiring/shared-tables.ts";
export { lockStoreContract } from "./testing/locks/lock-store-contract.ts";
export type { LockStoreSubject } from "./testing/locks/lock-store-subject.ts";
export { runLockStory } from "./testing/locks/lock-story.ts";
export {
  createMemoryLockStore,
  type MemoryLockStoreOptions,
  sharedMemoryLockStore,
} from "./testing/memory/memory-lock-store.ts";
export { createMemoryTree, type MemoryAct, type MemoryTreeOptions } from "./testing/memory/memory-tree.ts";
export { createMemoryUploadStore } from "./testing/memory/memory-upload-store.ts";
export { type Gate, type SlowStep, slowTree } from "./testing/slow-tree.ts";
export { type TestWork, type TestWorkOptions, testWork, type WorkEvent } from "./testing/test-work.ts";
export { treeContract } from "./testing/tree/tree-contract.ts";
export type { TreeCapabilities, TreeCase, TreeSubject } from "./testing/tree/tree-subject.ts";
