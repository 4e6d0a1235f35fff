/**
 * Puts entries into the journal of a directory without end, ten at a time, some of them with large contents; prints
 * each id once `put` has resolved. Ends one of ten that ran, and removes another. Its test kills it.
 */
import { writeSync } from "node:fs";
import { journalEntry } from "@meanwhile/operations/testing";
import { lmdbJournal } from "../src/journal-lmdb.ts";

const [directory] = process.argv.slice(2);
const journal = await lmdbJournal(directory, { memoryLimit: 1000 });

async function put(index) {
  const id = `${index}`;
  const content = id.repeat(index % 3 === 0 ? 2000 : 10);
  await journal.put(journalEntry(id, { intent: { index } }));
  if (index % 10 === 0) return writeSync(1, `running ${id}\n`);
  await journal.put(
    journalEntry(id, {
      state: "finished",
      endedAtMs: Date.now(),
      outcome: { status: 201, fields: {}, content },
    }),
  );
  if (index % 10 !== 1) return writeSync(1, `ended ${id}\n`);
  await journal.remove(id);
  return writeSync(1, `removed ${id}\n`);
}

for (let index = 0; ; index += 10) {
  await Promise.all(Array.from({ length: 10 }, (_, offset) => put(index + offset)));
}
