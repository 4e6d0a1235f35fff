import type { JournalEntry } from "../journal/journal.ts";

/** When entries of tests start, unless they say otherwise. */
export const startMs: number = Date.UTC(2026, 0, 15);

/** An entry that runs, with nothing in it that may be missing. `more` changes it. */
export function journalEntry(id: string, more: Partial<JournalEntry> = {}): JournalEntry {
  return {
    id,
    kind: "COPY",
    target: `https://example.org/${id}`,
    principal: "ann",
    state: "running",
    startedAtMs: startMs,
    endedAtMs: undefined,
    progress: { done: 0, total: undefined, remark: undefined, bytes: undefined },
    failed: [],
    failures: 0,
    version: 0,
    outcome: undefined,
    intent: undefined,
    key: undefined,
    hidden: false,
    delivered: false,
    ...more,
  };
}

/** An entry that ended, with a content. */
export function endedEntry(
  id: string,
  endedAtMs: number,
  content: string | Uint8Array = "",
  more: Partial<JournalEntry> = {},
): JournalEntry {
  return journalEntry(id, {
    state: "finished",
    endedAtMs,
    outcome: { status: 201, fields: {}, content },
    ...more,
  });
}
