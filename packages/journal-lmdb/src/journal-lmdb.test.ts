import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JournalEntry, Retention } from "@meanwhile/operations";
import { secretMs, withoutSecrets } from "@meanwhile/operations/internal";
import { journalContract, journalEntry } from "@meanwhile/operations/testing";
import { open } from "lmdb";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { testWith } from "../../../conformance/judge.ts";
import { type DurableJournal, type KeptJournalSettings, lmdbJournal } from "./journal-lmdb.ts";

let directory: string;
let journal: DurableJournal | undefined;
let nowMs: number;
/** Where it stays behind the time of day. */
let leaseMs: number | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "meanwhile-journal-"));
  nowMs = Date.UTC(2026, 0, 15);
});

afterEach(async () => {
  await journal?.close();
  journal = undefined;
  rmSync(directory, { recursive: true, force: true });
});

async function openedAgain(settings: KeptJournalSettings = {}): Promise<DurableJournal> {
  await journal?.close();
  journal = await lmdbJournal(directory, { now: () => nowMs, lease: () => leaseMs ?? nowMs, ...settings });
  return journal;
}

function ended(id: string, content: string | Uint8Array): JournalEntry {
  const outcome = { status: 201, fields: {}, content };
  return journalEntry(id, { state: "finished", endedAtMs: nowMs, outcome });
}

function contents(): readonly string[] {
  return readdirSync(join(directory, "contents"));
}

describe("the journal in LMDB keeps the contract", () => {
  for (const { name, run } of journalContract) {
    test(name, { timeout: 60_000 }, () => {
      let retention: Partial<Retention>;
      return run({
        open: (wanted) => {
          retention = wanted;
          return openedAgain({ retention });
        },
        reopen: () => openedAgain({ retention }),
        setNow: (ms) => {
          nowMs = ms;
          leaseMs = undefined;
        },
        setTimeOfDay: (ms) => {
          leaseMs ??= nowMs;
          nowMs = ms;
        },
      });
    });
  }
});

describe("what is kept is its owner's alone", () => {
  for (const umask of [0o000, 0o022, 0o377]) {
    testWith(["posix"], `with the umask ${umask.toString(8)}`, async () => {
      const before = process.umask(umask);
      const parent = directory;
      onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
      try {
        directory = join(directory, "deep");
        const opened = await openedAgain({ memoryLimit: 10 });
        await opened.put(ended("a", "x".repeat(11)));
      } finally {
        process.umask(before);
      }
      expect(modes()).toEqual({ ...privately, [`contents/${contents()[0]}`]: 0o600 });
    });
  }

  testWith(["posix"], "where an earlier version, or its operator, had it otherwise", async () => {
    await (await openedAgain({ memoryLimit: 10 })).put(ended("a", "x".repeat(11)));
    await journal?.close();
    const content = `contents/${contents()[0]}`;
    writeFileSync(join(directory, "of-another"), "");
    for (const name of [".", "journal.mdb", "journal.mdb-lock", "contents", content, "of-another"]) {
      chmodSync(join(directory, name), name === "." || name === "contents" ? 0o777 : 0o666);
    }
    await openedAgain();
    expect(modes()).toEqual({ ...privately, [content]: 0o600, "of-another": 0o666 });
  });

  const privately = {
    ".": 0o700,
    contents: 0o700,
    "journal.mdb": 0o600,
    "journal.mdb-changes": 0o600,
    "journal.mdb-lock": 0o600,
    "its socket": 0o600,
  };

  function modes(): Record<string, number> {
    const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
    const all = [".", ...names].map((name) => {
      const shown = name.startsWith("socket-held-") ? "its socket" : name;
      return [shown, statSync(join(directory, name)).mode & 0o777] as const;
    });
    return Object.fromEntries(all);
  }

  test("secrets are never in the database itself, and their file goes when they are delivered or their time is over", async () => {
    const timers = new Map<() => void, number>();
    const after = (ms: number, callback: () => void): (() => void) => {
      timers.set(callback, ms);
      return () => timers.delete(callback);
    };
    const outcome = {
      status: 200,
      fields: { "Set-Cookie": "session=hunter2" },
      content: "token hunter2",
    } as const;
    const secret = (id: string): JournalEntry =>
      journalEntry(id, { state: "finished", endedAtMs: nowMs, outcome: { ...outcome, secret: true } });
    const opened = await openedAgain({ after });
    await opened.put(secret("delivered"));
    await opened.put(secret("lost"));
    expect((await opened.get("lost"))?.outcome).toEqual({ ...outcome, secret: true });
    expect(contents()).toHaveLength(2);
    await opened.put(withoutSecrets(secret("delivered")));
    expect(contents()).toHaveLength(1);
    nowMs += secretMs;
    const [[callback, ms] = [() => undefined, 0]] = timers;
    expect(ms).toBe(secretMs);
    callback();
    await journal?.close();
    expect(contents()).toEqual([]);
    expect(readFileSync(join(directory, "journal.mdb"), "latin1")).not.toContain("hunter2");
  });
});

describe("large contents", () => {
  test("lie in a file of their own, beyond the memory limit only, readable by their owner alone", async () => {
    const opened = await openedAgain({ memoryLimit: 100 });
    await opened.put(ended("small", "x".repeat(100)));
    expect(contents()).toEqual([]);
    await opened.put(ended("large", "é".repeat(51)));
    const [file = ""] = contents();
    expect(statSync(join(directory, "contents", file)).size).toBe(102);
    expect(statSync(join(directory, "contents", file)).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, "contents")).mode & 0o777).toBe(0o700);
    expect((await opened.get("large"))?.outcome?.content).toBe("é".repeat(51));
  });

  test("go with their entry: replaced, removed, given up by retention", async () => {
    const opened = await openedAgain({ memoryLimit: 10, retention: { entries: 2 } });
    for (const id of ["a", "b"]) await opened.put(ended(id, "x".repeat(100)));
    await opened.put(ended("a", "y".repeat(200)));
    expect(contents().length).toBe(2);
    await opened.remove("b");
    expect(contents().length).toBe(1);
    for (const id of ["c", "d", "e"]) await opened.put(ended(id, "z".repeat(100)));
    await opened.close();
    expect(contents().length).toBe(2);
  });

  test("beyond the content limit are left out, and the outcome says so", async () => {
    const opened = await openedAgain({ contentLimit: 1000 });
    await opened.put(ended("a", new Uint8Array(1000)));
    await opened.put(ended("b", new Uint8Array(1001)));
    expect((await opened.get("a"))?.outcome).toEqual({
      status: 201,
      fields: {},
      content: new Uint8Array(1000),
    });
    expect((await opened.get("b"))?.outcome).toEqual({
      status: 201,
      fields: {},
      content: "",
      truncated: true,
    });
  });

  test("that belong to no entry go at the next start, and nothing else does", async () => {
    const opened = await openedAgain({ memoryLimit: 10 });
    await opened.put(ended("a", "x".repeat(100)));
    await opened.close();
    const orphan = `${"0".repeat(32)}.content`;
    for (const name of [orphan, `${orphan}.part`, "notes.txt"])
      writeFileSync(join(directory, "contents", name), "x");
    const again = await openedAgain();
    expect((await again.get("a"))?.outcome?.content).toBe("x".repeat(100));
    expect(contents().length).toBe(2);
    expect(contents()).toContain("notes.txt");
  });
});

test("what is put after the journal was closed is refused", async () => {
  const opened = await openedAgain();
  await opened.close();
  await opened.close();
  await expect(opened.put(ended("a", ""))).rejects.toMatchObject({ code: "ERR_JOURNAL_UNAVAILABLE" });
});

test("closing waits for what is under way", async () => {
  const opened = await openedAgain({ memoryLimit: 10 });
  const put = Array.from({ length: 50 }, (_, index) => opened.put(ended(`${index}`, "x".repeat(index))));
  await opened.close();
  await Promise.all(put);
  const again = await openedAgain();
  for (let index = 0; index < 50; index += 1) {
    expect((await again.get(`${index}`))?.outcome?.content).toBe("x".repeat(index));
  }
});

test("no put gives up more than a few entries, and the next start gives up all", async () => {
  const opened = await openedAgain({ retention: { keepMs: 1000 } });
  await Promise.all(Array.from({ length: 100 }, (_, index) => opened.put(ended(`${index}`, ""))));
  nowMs += 1000;
  await opened.put(ended("next", ""));
  await opened.close();
  const records = async (): Promise<number> => {
    const database = open({ path: join(directory, "journal.mdb") });
    const count = database.openDB({ name: "journal", encoding: "binary" }).getKeysCount();
    await database.close();
    // One of them is the format.
    return count - 1;
  };
  expect(await records()).toBe(101 - 16);
  await (await openedAgain({ retention: { keepMs: 1000 } })).close();
  expect(await records()).toBe(1);
});
