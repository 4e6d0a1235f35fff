import { describe, expect, test } from "vitest";
import { endedEntry, startMs } from "../testing/journal-entry.ts";
import { journalContract } from "../testing.ts";
import { memoryJournal } from "./memory-journal.ts";

describe("the journal in memory keeps the contract", () => {
  for (const { name, needs, run } of journalContract) {
    test(name, { timeout: 60_000 }, ({ skip }) => {
      skip(needs === "reopen", "a journal in memory ends with its process");
      let nowMs = 0;
      let leaseMs = 0;
      return run({
        open: async (retention) =>
          memoryJournal(
            retention,
            () => nowMs,
            undefined,
            () => leaseMs,
          ),
        setNow: (ms) => {
          nowMs = ms;
          leaseMs = ms;
        },
        setTimeOfDay: (ms) => {
          nowMs = ms;
        },
      });
    });
  }
});

test("a content beyond the limit is left out, and the outcome says so; one at the limit is kept", () => {
  const journal = memoryJournal({}, () => startMs, 10);
  journal.put(endedEntry("a", startMs, "x".repeat(10)));
  journal.put(endedEntry("b", startMs, "x".repeat(11)));
  expect(journal.get("a")).toMatchObject({ outcome: { content: "x".repeat(10) } });
  expect(journal.get("b")).toMatchObject({ outcome: { status: 201, content: "", truncated: true } });
});

test("what retention gives up takes no room", () => {
  let nowMs = startMs;
  const journal = memoryJournal({ keepMs: 10 }, () => nowMs);
  for (let index = 0; index < 100; index += 1) journal.put(endedEntry(`a${index}`, startMs));
  expect(journal.size).toBe(100);
  nowMs += 10;
  expect(journal.size).toBe(0);
});
