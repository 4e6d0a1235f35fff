import type { EntryMarks, JournalEntry } from "./journal.ts";
import { withoutSecrets } from "./secrets.ts";

/** The entry with what was said of it. */
export function marked(entry: JournalEntry, { hidden, delivered, handedOver }: EntryMarks): JournalEntry {
  const kept = handedOver ? withoutSecrets(entry) : entry;
  return {
    ...kept,
    hidden: entry.hidden || hidden === true,
    delivered: entry.delivered || delivered === true,
  };
}
