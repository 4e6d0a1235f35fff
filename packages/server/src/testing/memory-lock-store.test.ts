import { describe, test } from "vitest";
import { lockStoreContract } from "./lock-store-contract.ts";
import { createMemoryLockStore } from "./memory-lock-store.ts";

describe("the store of locks in memory keeps the contract", () => {
  for (const { name, needs, run } of lockStoreContract) {
    test(name, async ({ skip }) => {
      skip(needs === "reopen", "a store in memory ends with its process");
      let nowMs = Date.UTC(2026, 0, 15);
      await run({
        store: createMemoryLockStore({ clock: () => nowMs }),
        advance: (seconds) => {
          nowMs += seconds * 1000;
        },
      });
    });
  }
});
