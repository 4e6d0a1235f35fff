import { describe, test } from "vitest";
import { ManualClock } from "./manual-clock.ts";
import { sharedJournalContract } from "./shared-journal-contract.ts";
import { SharedMemory } from "./shared-memory.ts";

describe.each([
  ["with hints", true],
  ["where all hints are lost", false],
])("processes that share a store in memory, %s", (_name, hints) => {
  test.each(sharedJournalContract.map((one) => [one.name, one] as const))("%s", async (_case, { run }) => {
    const clock = new ManualClock(Date.UTC(2026, 0, 15));
    const store = new SharedMemory({ now: clock.now, after: clock.after, hints });
    const { now, after } = clock;
    await run({ now, after, open: async () => store.open(), advance: (ms) => clock.advance(ms) });
  });
});
