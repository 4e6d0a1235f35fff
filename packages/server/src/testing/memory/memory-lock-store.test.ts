import { describe, test } from "vitest";
import { lockStoreContract } from "../locks/lock-store-contract.ts";
import { createMemoryLockStore, sharedMemoryLockStore } from "./memory-lock-store.ts";

describe("the store of locks in memory keeps the contract", () => {
  for (const { name, needs, run } of lockStoreContract) {
    test(name, async ({ skip }) => {
      skip(needs !== undefined, `a store in memory that one process has: no ${needs}`);
      const { clock, advance } = time();
      await run({ store: createMemoryLockStore({ clock }), advance });
    });
  }
});

describe("a store of locks in memory that several processes share keeps the contract", () => {
  for (const { name, needs, run } of lockStoreContract) {
    test(name, async ({ skip }) => {
      skip(needs === "reopen", "a store in memory ends with its process");
      const { clock, advance } = time();
      const open = sharedMemoryLockStore({ clock });
      await run({ store: open(), second: open(), advance });
    });
  }
});

function time() {
  let nowMs = Date.UTC(2026, 0, 15);
  return {
    clock: () => nowMs,
    advance: (seconds: number) => {
      nowMs += seconds * 1000;
    },
  };
}
