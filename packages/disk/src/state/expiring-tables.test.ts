import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ExpiringTables, heldTables } from "@meanwhile/server";
import { expiringTableContract } from "@meanwhile/server/testing";
import { stateIn } from "@meanwhile/state-lmdb/testing";
import { open, type RootDatabase } from "lmdb";
import { afterEach, beforeEach, describe, test } from "vitest";

let folder: string;
let database: RootDatabase;
let settled: () => Promise<void>;
let nowMs: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "meanwhile-tables-"));
  database = open({ path: join(folder, "state.mdb") });
  nowMs = Date.UTC(2026, 0, 15);
});
afterEach(async () => {
  await settled();
  await database.close();
  rmSync(folder, { recursive: true });
});

function openTables(): ExpiringTables {
  const state = stateIn(database);
  settled = () => state.settled();
  return heldTables({
    clock: () => nowMs,
    records: (name) => {
      const part = state.part();
      const records = part.table<string, unknown>(name, "json");
      return { records, change: (work, how) => part.change(work, how) };
    },
  });
}

describe("tables of records that end by themselves, kept in LMDB, keep the contract", () => {
  for (const { name, needs, run } of expiringTableContract) {
    test(name, ({ skip }) => {
      skip(needs === "second", "one process at a time has the database");
      return run({
        tables: openTables(),
        advance: (ms) => {
          nowMs += ms;
        },
        reopen: async () => {
          await settled();
          await database.close();
          database = open({ path: join(folder, "state.mdb") });
          return openTables();
        },
      });
    });
  }
});
