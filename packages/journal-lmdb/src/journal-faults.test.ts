import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { JournalEntry } from "@meanwhile/operations";
import { journalEntry } from "@meanwhile/operations/testing";
import { type Database, open } from "lmdb";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeWith } from "../../../conformance/judge.ts";
import { JournalError, lmdbJournal } from "./journal-lmdb.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "meanwhile-journal-faults-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function ended(id: string, content: string): JournalEntry {
  return journalEntry(id, {
    state: "finished",
    endedAtMs: Date.now(),
    outcome: { status: 201, fields: {}, content },
  });
}

/** A process that puts entries without end, and prints each when `put` has resolved. */
function puttingProcess(): ChildProcess {
  const [typescript, script] = [
    "../../state-lmdb/testing/typescript-on-node.mjs",
    "../testing/putting-process.mjs",
  ].map((name) => fileURLToPath(new URL(name, import.meta.url)));
  const flags = ["--conditions=@meanwhile/source", `--import=${typescript}`, `${script}`, directory];
  return spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "inherit"] });
}

async function firstLine(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new TypeError("the process has no output");
  for await (const _ of createInterface({ input: child.stdout })) break;
}

function ending(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => child.once("exit", resolve));
}

describe("a process that is killed (kill -9)", () => {
  test("loses nothing that had resolved, and leaves nothing that blocks the next", {
    timeout: 60_000,
  }, async () => {
    const told: string[] = [];
    for (const most of [100, 250]) {
      const child = puttingProcess();
      if (child.stdout === null) throw new TypeError("the process has no output");
      let lines = 0;
      const mine: string[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        mine.push(line);
        lines += 1;
        // Others are on their way at this moment.
        if (lines === most) child.kill("SIGKILL");
      }
      told.splice(0, told.length, ...mine);
      const journal = await lmdbJournal(directory, { memoryLimit: 1000 });
      for (const line of told) {
        const [state, id = ""] = line.split(" ");
        const entry = await journal.get(id);
        if (state === "removed") expect(entry, line).toBeUndefined();
        else expect(entry?.state, line).toBe(state === "running" ? "running" : "finished");
        if (state === "ended") {
          expect(entry?.outcome?.content).toBe(id.repeat(Number(id) % 3 === 0 ? 2000 : 10));
        }
      }
      const unfinished = new Set((await journal.unfinished()).map(({ id }) => id));
      for (const line of told.filter((one) => one.startsWith("running "))) {
        expect(unfinished).toContain(line.slice("running ".length));
      }
      await journal.close();
      expect(told.length).toBeGreaterThanOrEqual(most);
    }
    expect(told.some((line) => line.startsWith("removed "))).toBe(true);
    expect(readdirSync(directory).filter((name) => name.startsWith("socket-"))).toEqual([]);
  });
});

describe("a directory that is in use", () => {
  test("is refused to a second process, and free when the first has ended", { timeout: 30_000 }, async () => {
    const child = puttingProcess();
    await firstLine(child);
    const opening = lmdbJournal(directory);
    await expect(opening).rejects.toBeInstanceOf(JournalError);
    await expect(opening).rejects.toMatchObject({ code: "ERR_JOURNAL_IN_USE" });
    await expect(opening).rejects.toThrow(`another process uses the state directory ${directory}`);
    const end = ending(child);
    child.kill("SIGKILL");
    await end;
    await (await lmdbJournal(directory)).close();
  });

  test("is refused to the same process, which goes on with the first", async () => {
    const journal = await lmdbJournal(directory);
    await expect(lmdbJournal(directory)).rejects.toMatchObject({ code: "ERR_JOURNAL_IN_USE" });
    await journal.put(ended("a", "x"));
    expect((await journal.get("a"))?.id).toBe("a");
    await journal.close();
    await (await lmdbJournal(directory)).close();
  });

  test("is given to exactly one of several that ask at once", async () => {
    const asked = await Promise.allSettled(Array.from({ length: 8 }, () => lmdbJournal(directory)));
    const granted = asked.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(granted.length).toBe(1);
    for (const journal of granted) await journal.close();
  });

  test("may have a path longer than the address of a socket", async () => {
    const long = join(directory, "d".repeat(150));
    const journal = await lmdbJournal(long);
    await expect(lmdbJournal(long)).rejects.toMatchObject({ code: "ERR_JOURNAL_IN_USE" });
    await journal.close();
  });
});

describe("state that is damaged", () => {
  async function filled(): Promise<void> {
    const journal = await lmdbJournal(directory, { memoryLimit: 1000 });
    for (let index = 0; index < 40; index += 1) await journal.put(ended(`${index}`, "x".repeat(900)));
    await journal.put(ended("large", "x".repeat(5000)));
    await journal.close();
  }

  const damages: readonly (readonly [string, string, (path: string) => void])[] = [
    ["text", "journal.mdb", (path) => writeFileSync(path, "hello")],
    ["noise", "journal.mdb", (path) => writeFileSync(path, Buffer.alloc(100_000, 7))],
    ["zeros at its beginning", "journal.mdb", (path) => overwrite(path, 0, 8192)],
    ["a part of its length", "journal.mdb", (path) => truncateSync(path, 16_384)],
    ["a byte less", "journal.mdb", (path) => truncateSync(path, statSync(path).size - 1)],
  ];

  test.each(damages)("%s in place of the database is refused, and stays", async (_what, name, damage) => {
    await filled();
    const path = join(directory, name);
    damage(path);
    const before = readFileSync(path);
    const opening = lmdbJournal(directory);
    await expect(opening).rejects.toMatchObject({ name: "JournalError", code: "ERR_JOURNAL_CORRUPT" });
    await expect(opening).rejects.toThrow(path);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(join(directory, "contents")).length).toBe(1);
  });

  test.each([
    ["one bit", (record: Buffer) => record.writeUInt8(record.readUInt8(50) ^ 1, 50)],
    [
      "the last byte",
      (record: Buffer) => record.writeUInt8(record.readUInt8(record.length - 1) ^ 1, record.length - 1),
    ],
    ["the length", (record: Buffer) => record.writeUInt32BE(7, 4)],
  ])("%s of a record that changed is refused", async (_what, damage) => {
    await filled();
    await inRecords(async (records) => {
      const [key] = [...records.getKeys()].filter((one) => one !== "format");
      const record = Buffer.from(records.get(`${key}`) ?? []);
      damage(record);
      await records.put(`${key}`, record);
    });
    await expect(lmdbJournal(directory)).rejects.toMatchObject({ code: "ERR_JOURNAL_CORRUPT" });
    await expect(lmdbJournal(directory)).rejects.toThrow(join(directory, "journal.mdb"));
  });

  test("a record under another entry's key is refused", async () => {
    await filled();
    await inRecords(async (records) => {
      const [one, other] = [...records.getKeys()].filter((key) => key !== "format");
      await records.put(`${one}`, Buffer.from(records.get(`${other}`) ?? []));
    });
    await expect(lmdbJournal(directory)).rejects.toMatchObject({ code: "ERR_JOURNAL_CORRUPT" });
  });

  test.each([
    ["missing", (path: string) => rmSync(path)],
    ["shorter", (path: string) => truncateSync(path, 4999)],
  ])("a content that is %s is refused at the start, by its name", async (_what, damage) => {
    await filled();
    const [name = ""] = readdirSync(join(directory, "contents"));
    damage(join(directory, "contents", name));
    await expect(lmdbJournal(directory)).rejects.toThrow(name);
    await expect(lmdbJournal(directory)).rejects.toMatchObject({ code: "ERR_JOURNAL_CORRUPT" });
  });

  test("a content that changed is not given out", async () => {
    await filled();
    const [name = ""] = readdirSync(join(directory, "contents"));
    overwrite(join(directory, "contents", name), 100, 1);
    const journal = await lmdbJournal(directory);
    await expect(journal.get("large")).rejects.toMatchObject({ code: "ERR_JOURNAL_CORRUPT" });
    expect((await journal.get("1"))?.id).toBe("1");
    await journal.close();
  });

  test("a copy of the directory, made between two puts, opens", async () => {
    await filled();
    const copy = `${directory}-copy`;
    cpSync(directory, copy, { recursive: true, filter: (path) => !path.includes("socket-") });
    const journal = await lmdbJournal(copy);
    expect((await journal.get("large"))?.outcome?.content).toBe("x".repeat(5000));
    await journal.close();
    rmSync(copy, { recursive: true });
  });
});

describe("the format", () => {
  test("of a newer version is refused, and nothing is changed", async () => {
    await (await lmdbJournal(directory)).close();
    await inRecords((records) => records.put("format", Buffer.from("2")));
    const opening = lmdbJournal(directory);
    await expect(opening).rejects.toMatchObject({ code: "ERR_JOURNAL_FORMAT" });
    await expect(opening).rejects.toThrow(
      /has format 2, written by a newer version; this version reads up to 1/,
    );
    await inRecords(async (records) => expect(Buffer.from(records.get("format") ?? []).toString()).toBe("2"));
  });

  test.each(["", "0", "one", "1.5", "-1"])("%j is no format", async (format) => {
    await (await lmdbJournal(directory)).close();
    await inRecords((records) => records.put("format", Buffer.from(format)));
    await expect(lmdbJournal(directory)).rejects.toMatchObject({ code: "ERR_JOURNAL_CORRUPT" });
  });

  test("must be told where there are records", async () => {
    const journal = await lmdbJournal(directory);
    await journal.put(ended("a", "x"));
    await journal.close();
    await inRecords((records) => records.remove("format"));
    await expect(lmdbJournal(directory)).rejects.toMatchObject({ code: "ERR_JOURNAL_CORRUPT" });
  });
});

describeWith(["tmpfs"], "a small disk", () => {
  let disk: string;

  beforeEach(() => {
    disk = join(directory, "disk");
    mkdirSync(disk);
  });

  afterEach(() => {
    for (const path of [join(disk, "contents"), disk]) {
      // Not every test mounts both.
      if (existsSync(path) && isMounted(path)) execFileSync("umount", [path]);
    }
  });

  test("that is full: puts are rejected, what was there stays, and with room again it goes on", async () => {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk]);
    const journal = await lmdbJournal(disk, { memoryLimit: 50_000 });
    const kept: string[] = [];
    let refused: unknown;
    for (let index = 0; refused === undefined && index < 200; index += 1) {
      // Records and files by turns.
      const content = `${index % 10}`.repeat(index % 2 === 0 ? 40_000 : 60_000);
      await journal.put(ended(`${index}`, content)).then(
        () => kept.push(`${index}`),
        (error: unknown) => {
          refused = error;
        },
      );
    }
    expect(refused).toMatchObject({ name: "JournalError", code: "ERR_JOURNAL_FULL" });
    writeFileSync(join(disk, "ballast"), "");
    const inOneTurn = ["x", "y"].map((id) => journal.put(ended(id, "z".repeat(49_000 * 2))));
    for (const { status } of await Promise.allSettled(inOneTurn)) expect(status).toBe("rejected");
    expect(kept.length).toBeGreaterThan(10);
    for (const id of kept) expect((await journal.get(id))?.outcome?.content.length, id).toBeGreaterThan(0);
    expect(await journal.get("x")).toBeUndefined();
    for (const id of kept.slice(0, 8)) await removed(journal.remove(id));
    await journal.put(ended("after", "z".repeat(1000)));
    await journal.close();
    const again = await lmdbJournal(disk);
    expect((await again.get("after"))?.outcome?.content).toBe("z".repeat(1000));
    for (const id of kept.slice(8)) expect((await again.get(id))?.id, id).toBe(id);
    await again.close();
  });

  test("that is read-only is refused at the start", async () => {
    execFileSync("mount", ["-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", disk]);
    await expect(lmdbJournal(join(disk, "state"))).rejects.toMatchObject({ code: "ERR_JOURNAL_UNAVAILABLE" });
    await expect(lmdbJournal(disk)).rejects.toThrow(disk);
  });

  test("that becomes read-only where large contents go: those are rejected, small ones go on", async () => {
    const journal = await lmdbJournal(disk, { memoryLimit: 100 });
    await journal.put(ended("before", "x".repeat(1000)));
    execFileSync("mount", ["-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", join(disk, "contents")]);
    await expect(journal.put(ended("large", "x".repeat(1000)))).rejects.toMatchObject({
      code: "ERR_JOURNAL_UNAVAILABLE",
    });
    expect(await journal.get("large")).toBeUndefined();
    await journal.put(ended("small", "x"));
    expect((await journal.get("small"))?.id).toBe("small");
    execFileSync("umount", [join(disk, "contents")]);
    expect((await journal.get("before"))?.outcome?.content).toBe("x".repeat(1000));
    await journal.close();
  });
});

/** A removal needs a little room as well: the first ones may find none. */
async function removed(removal: Promise<void>): Promise<void> {
  await removal.catch((error: unknown) => expect(error).toMatchObject({ code: "ERR_JOURNAL_FULL" }));
}

function isMounted(path: string): boolean {
  return statSync(path).dev !== statSync(join(path, "..")).dev;
}

function overwrite(path: string, at: number, length: number): void {
  const fd = openSync(path, "r+");
  writeSync(fd, Buffer.alloc(length), 0, length, at);
  closeSync(fd);
}

async function inRecords(act: (records: Database<Uint8Array, string>) => unknown): Promise<void> {
  const database = open({ path: join(directory, "journal.mdb") });
  await act(database.openDB<Uint8Array, string>({ name: "journal", encoding: "binary" }));
  await database.close();
}
