import assert from "node:assert/strict";
import { secretMs } from "../journal/secrets.ts";
import { endedEntry, startMs } from "./journal-entry.ts";
import type { JournalCase } from "./journal-subject.ts";

const outcome = {
  status: 201,
  fields: { "Set-Cookie": ["session=one", "b=2"] },
  content: "a secret",
  secret: true,
} as const;
const entry = endedEntry("a", startMs, "", { outcome, key: { name: "key", fingerprint: "f", chosen: true } });
const bare = { status: 201, fields: {}, content: "", secret: true, forgotten: true };

/** What holds secrets is kept whole for so long, and no longer. */
export const secretCases: readonly JournalCase[] = [
  {
    name: "an outcome that holds secrets is kept whole for ten minutes after its end, then its status alone",
    async run(subject) {
      subject.setNow(startMs);
      const journal = await subject.open({});
      try {
        for (const content of [outcome.content, new Uint8Array([0, 255]), "x".repeat(100_000), ""]) {
          await journal.put({ ...entry, outcome: { ...outcome, content } });
          subject.setNow(startMs + secretMs - 1);
          assert.deepEqual((await journal.get("a"))?.outcome, { ...outcome, content });
        }
        await journal.put({ ...entry, hidden: true });
        subject.setNow(startMs + secretMs);
        assert.deepEqual(await journal.get("a"), { ...entry, outcome: bare, hidden: true });
        assert.deepEqual((await journal.byKey("key"))?.outcome, bare);
      } finally {
        await journal.close?.();
      }
    },
  },
  {
    name: "what is put without its secrets is kept so",
    async run(subject) {
      subject.setNow(startMs);
      const journal = await subject.open({});
      try {
        await journal.put(entry);
        await journal.put({ ...entry, outcome: { ...outcome, ...bare, secret: true, forgotten: true } });
        assert.deepEqual((await journal.get("a"))?.outcome, bare);
      } finally {
        await journal.close?.();
      }
    },
  },
  {
    name: "the next process has the secrets for the rest of their time",
    needs: "reopen",
    async run(subject) {
      assert.ok(subject.reopen);
      subject.setNow(startMs);
      await (await subject.open({})).put(entry);
      subject.setNow(startMs + secretMs - 1);
      assert.deepEqual((await (await subject.reopen()).get("a"))?.outcome, outcome);
      subject.setNow(startMs + secretMs);
      const journal = await subject.reopen();
      try {
        assert.deepEqual((await journal.get("a"))?.outcome, bare);
      } finally {
        await journal.close?.();
      }
    },
  },
];
