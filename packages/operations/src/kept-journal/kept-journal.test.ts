import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { JournalEntry } from "../journal/journal.ts";
import type { Retention } from "../journal/retention.ts";
import { secretMs } from "../journal/secrets.ts";
import { journalContract } from "../testing/journal-contract.ts";
import { endedEntry, journalEntry, startMs } from "../testing/journal-entry.ts";
import { type RecordsInMemory, recordsInMemory } from "../testing/own/records-in-memory.ts";
import { type DurableJournal, JournalError, type KeptJournalSettings, keptJournal } from "./kept-journal.ts";

let store: RecordsInMemory;
/** The directory of large contents. */
let files: string;

beforeEach(() => {
  store = recordsInMemory();
  const directory = mkdtempSync(join(tmpdir(), "meanwhile-kept-"));
  files = join(directory, "contents");
  onTestFinished(() => rmSync(directory, { recursive: true }));
});

/** Contents of more than ten bytes are in files. */
const opened = (settings: KeptJournalSettings = {}): Promise<DurableJournal> =>
  keptJournal({ store, files, file: "of the test", now: () => startMs, memoryLimit: 10, ...settings });

const large = (id: string): JournalEntry => endedEntry(id, startMs, `the content of ${id}`);

describe("a journal over records that somebody else keeps, here in memory, keeps the contract", () => {
  for (const { name, run } of journalContract) {
    test(name, { timeout: 60_000 }, async () => {
      let retention: Partial<Retention>;
      let nowMs = 0;
      let leaseMs = 0;
      let journal: DurableJournal | undefined;
      const again = async (): Promise<DurableJournal> => {
        await journal?.close();
        journal = await keptJournal({
          ...{ store, files, file: "of the test", retention },
          now: () => nowMs,
          lease: () => leaseMs,
        });
        return journal;
      };
      await run({
        open: (wanted) => {
          retention = wanted;
          return again();
        },
        reopen: again,
        setNow: (ms) => {
          nowMs = ms;
          leaseMs = ms;
        },
        setTimeOfDay: (ms) => {
          nowMs = ms;
        },
      });
      await journal?.close();
    });
  }
});

describe("what is damaged is named, and nothing is deleted:", () => {
  async function refusal(): Promise<unknown> {
    const before = [...store.kept.keys(), ...readdirSync(files)];
    const error = await opened().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect([...store.kept.keys(), ...readdirSync(files)]).toEqual(before);
    return error;
  }

  const keyOfTheOne = (): string => [...store.kept.keys()].find((key) => key !== "format") as string;

  beforeEach(async () => {
    await (await opened()).put(large("a"));
  });

  test("a record that cannot be read", async () => {
    store.kept.set(keyOfTheOne(), Buffer.from("no record"));
    expect(await refusal()).toMatchObject({
      code: "ERR_JOURNAL_CORRUPT",
      message: expect.stringMatching(/^the journal of the test is damaged: the record \S+ cannot be read$/),
    });
  });

  test("a record under another entry's key", async () => {
    store.kept.set("another", store.kept.get(keyOfTheOne()) as Uint8Array);
    expect(await refusal()).toMatchObject({
      code: "ERR_JOURNAL_CORRUPT",
      cause: { message: "the record belongs to another entry" },
    });
  });

  test("a content that is missing, or was shortened", async () => {
    const [name] = readdirSync(files);
    writeFileSync(join(files, name as string), "short");
    expect(await refusal()).toMatchObject({ code: "ERR_JOURNAL_CORRUPT" });
    rmSync(join(files, name as string));
    expect(await refusal()).toMatchObject({ code: "ERR_JOURNAL_CORRUPT" });
  });

  test("a record that changes while the journal is open", async () => {
    const journal = await opened();
    store.kept.set(keyOfTheOne(), Buffer.from("no record"));
    await expect(journal.get("a")).rejects.toMatchObject({
      code: "ERR_JOURNAL_CORRUPT",
      message: "the journal of the test is damaged: the record of a cannot be read",
    });
  });

  test("a content that is changed, or removed, while the journal is open", async () => {
    const journal = await opened();
    const [name] = readdirSync(files);
    writeFileSync(join(files, name as string), "THE CONTENT OF a");
    await expect(journal.get("a")).rejects.toMatchObject({ code: "ERR_JOURNAL_CORRUPT" });
    rmSync(join(files, name as string));
    await expect(journal.get("a")).rejects.toThrow("a content of a is missing");
  });
});

describe("what cannot be written", () => {
  test("leaves no content behind, and what was recorded before", async () => {
    const journal = await opened();
    await journal.put(journalEntry("a"));
    store.failing = new Error("no");
    await expect(journal.put(large("a"))).rejects.toBe(store.failing);
    expect(readdirSync(files)).toEqual([]);
    expect(await journal.get("a")).toEqual(journalEntry("a"));
    store.failing = undefined;
    await journal.put(large("a"));
    expect(await journal.get("a")).toEqual(large("a"));
  });

  test("because its directory is gone is told as that", async () => {
    const journal = await opened();
    rmSync(files, { recursive: true });
    await expect(journal.put(large("a"))).rejects.toMatchObject({
      code: "ERR_JOURNAL_UNAVAILABLE",
      message: expect.stringContaining("a content could not be written"),
    });
  });

  test.each([
    ["ENOSPC", "ERR_JOURNAL_FULL", /^the disk with the journal of the test is full: free some room/],
    ["EIO", "ERR_JOURNAL_UNAVAILABLE", /^the journal of the test cannot be opened: broken$/],
  ])("at the start (%s) is told with what to do", async (code, expected, message) => {
    store.failing = Object.assign(new Error("broken"), { code });
    const error = await opened().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(JournalError);
    expect(error).toMatchObject({ code: expected, message: expect.stringMatching(message) });
    expect(error).toHaveProperty("cause");
  });
});

test("a key is taken once, however many ask at the same time; an entry without one is put", async () => {
  const journal = await opened();
  const key = { name: "key", fingerprint: "f", chosen: true };
  const taken = await Promise.all(
    ["a", "b", "c"].map((id) => journal.take(journalEntry(id, { key }), undefined)),
  );
  expect(taken.map((holder) => holder?.id)).toEqual([undefined, "a", "a"]);
  expect(await journal.take(journalEntry("d"), undefined)).toBeUndefined();
  expect(await journal.get("d")).toEqual(journalEntry("d"));
  expect(await journal.take(journalEntry("e", { key }), "a")).toBeUndefined();
});

test("what is marked stays so, and a mark of nothing changes nothing", async () => {
  const journal = await opened();
  await journal.put(large("a"));
  await journal.mark("a", { delivered: true, hidden: true });
  await journal.mark("b", { delivered: true });
  expect(await journal.get("a")).toEqual({ ...large("a"), delivered: true, hidden: true });
  expect(await journal.get("b")).toBeUndefined();
});

test("after its end, what is put is refused", async () => {
  const journal = await opened();
  await journal.close();
  await expect(journal.put(journalEntry("a"))).rejects.toThrow("the journal is closed");
});

test("a secret whose time passed while no process was there is forgotten at the start, its file too", async () => {
  const secret = endedEntry("a", startMs, "secret", {
    outcome: { status: 201, fields: { "Lock-Token": "<a>" }, content: "secret", secret: true },
  });
  await (await opened()).put(secret);
  expect(readdirSync(files).length).toBe(1);
  const later = await opened({ now: () => startMs + secretMs + 1 });
  expect(readdirSync(files)).toEqual([]);
  expect((await later.get("a"))?.outcome).toMatchObject({ status: 201, fields: {}, content: "" });
});

test("what retention gives up is dropped with its content; what was put again in between stays", async () => {
  const journal = await opened({ retention: { entries: 2 } });
  for (const id of ["a", "b", "c"]) await journal.put(large(id));
  await journal.put(large("a"));
  await journal.close();
  const again = await opened({ retention: { entries: 2 } });
  expect(await Promise.all(["a", "b", "c"].map(async (id) => (await again.get(id))?.id))).toEqual([
    "a",
    undefined,
    "c",
  ]);
  expect(readdirSync(files).length).toBe(2);
});

test.each([
  ["3", "ERR_JOURNAL_FORMAT", "has format 3, written by a newer version; this version reads up to 1"],
  ["no number", "ERR_JOURNAL_CORRUPT", "does not say which format it has"],
])("with the format %s it is not opened", async (format, code, message) => {
  store.kept.set("format", Buffer.from(format));
  await expect(opened()).rejects.toMatchObject({ code, message: `the journal of the test ${message}` });
});
