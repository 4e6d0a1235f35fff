import { describe, test } from "vitest";
import { lockStoreContract } from "./lock-store-contract.ts";
import { createMemoryLockStore } from "./memory-lock-store.ts";

describe("the store of locks in memory keeps the contract", () => {
  for (const { name, needs, run } of lockStoreContract) {
    test.skipIf(needs === "reopen")(name, async () => {
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
