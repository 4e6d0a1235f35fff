/**
 * Operations that a journal takes each second: each is recorded before its work (it has a key) and with its outcome.
 * In memory, and durably in LMDB, with one at a time and with many at once. Needs the build.
 *
 *   node benchmarks/journal.mjs [DIR]
 */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lmdbJournal } from "@meanwhile/journal-lmdb";
import { createOperations, memoryJournal } from "@meanwhile/operations";

const seconds = 3;
const subject = { kind: "MKCOL", target: "http://files.example/a", principal: "ann" };
const failure = () => ({ status: 500, fields: {}, content: "" });

async function measure(journal, atOnce) {
  const operations = createOperations({ journal });
  const endMs = performance.now() + seconds * 1000;
  let done = 0;
  const work = async () => {
    while (performance.now() < endMs) {
      const key = { name: randomUUID(), fingerprint: "print", chosen: true };
      const operation = operations.start(
        subject,
        async () => ({ status: 201, fields: {}, content: "" }),
        failure,
        {
          key,
        },
      );
      await operation.ended;
      done += 1;
      // Between two requests there is a turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return Math.round(done / seconds);
}

const place = mkdtempSync(join(process.argv[2] ?? tmpdir(), "meanwhile-journal-"));
try {
  const journal = await lmdbJournal(place);
  console.log("| at once | in memory | in LMDB, flushed |\n|---|---|---|");
  for (const atOnce of [1, 16, 256]) {
    const memory = await measure(memoryJournal(), atOnce);
    console.log(`| ${atOnce} | ${memory} /s | ${await measure(journal, atOnce)} /s |`);
  }
  await journal.close();
} finally {
  rmSync(place, { recursive: true, force: true });
}
