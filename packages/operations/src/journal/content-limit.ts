import type { JournalEntry } from "./journal.ts";

/** The entry as it is kept: where its content is longer than `limit` bytes, without it, and saying so. */
export function withinLimit(entry: JournalEntry, limit: number): JournalEntry {
  const { outcome } = entry;
  if (outcome === undefined || Buffer.byteLength(outcome.content) <= limit) return entry;
  return { ...entry, outcome: { ...outcome, content: "", truncated: true } };
}
