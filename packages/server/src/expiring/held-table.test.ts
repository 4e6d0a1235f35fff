import { beforeEach, describe, expect, test } from "vitest";
import { expiringTableContract } from "../testing/expiring/expiring-table-contract.ts";
import { sharedTables } from "../testing/expiring/shared-tables.ts";
import type { ExpiringTables } from "./expiring-table.ts";
import { type ExpiringRecordJson, heldTables } from "./held-table.ts";

let nowMs: number;
let kept: Map<string, Map<string, unknown>>;
beforeEach(() => {
  nowMs = 1_000_000;
  kept = new Map();
});

const clock = (): number => nowMs;

const advance = (ms: number): void => {
  nowMs += ms;
};

function records(name: string) {
  const table = kept.get(name) ?? new Map<string, unknown>();
  kept.set(name, table);
  return {
    records: {
      range: () => [...table].map(([key, value]) => ({ key, value })),
      put: (key: string, record: ExpiringRecordJson) => void table.set(key, structuredClone(record)),
      remove: (key: string) => void table.delete(key),
    },
    change: async (work: () => void) => work(),
  };
}

const stores: readonly (readonly [
  string,
  () => { readonly open: () => ExpiringTables; readonly has?: string },
])[] = [
  ["of one process", () => ({ open: () => heldTables({ clock }) })],
  ["kept beyond the process", () => ({ open: () => heldTables({ clock, records }), has: "reopen" })],
  ["of several processes", () => ({ open: sharedTables(clock), has: "second" })],
];

describe.each(stores)("tables %s", (_name, make) => {
  for (const { name, needs, run } of expiringTableContract) {
    test(name, ({ skip }) => {
      const { open, has } = make();
      skip(needs !== undefined && needs !== has, `these tables have no ${needs}`);
      const tables = open();
      return run({
        tables,
        advance,
        ...(has === "second" ? { second: open() } : {}),
        ...(has === "reopen" ? { reopen: open } : {}),
      });
    });
  }
});

test("records that are damaged, or have ended, are not opened again, and go", () => {
  const { records: table } = records("a");
  table.put("ended", { value: 1, untilMs: nowMs });
  table.put("good", { value: 1, untilMs: nowMs + 1 });
  kept.get("a")?.set("damaged", "x");
  const opened = heldTables({ clock, records }).table<number>("a", 10);
  expect([opened.get("ended"), opened.get("good"), opened.get("damaged")]).toEqual([undefined, 1, undefined]);
  expect([...(kept.get("a")?.keys() ?? [])]).toEqual(["good"]);
});

test("what cannot be written counts in this process all the same", async () => {
  const failing = (name: string) => ({ ...records(name), change: () => Promise.reject(new Error("full")) });
  const table = heldTables({ clock, records: failing }).table<number>("a", 10);
  await table.update("k", () => ({ record: { value: 1, untilMs: nowMs + 1 }, result: undefined }));
  expect(table.get("k")).toBe(1);
});

test("a change is answered once it is kept", async () => {
  let keep = (): void => {};
  const kept = new Promise<void>((resolve) => {
    keep = resolve;
  });
  const slow = (name: string) => ({ ...records(name), change: () => kept });
  const table = heldTables({ clock, records: slow }).table<number>("a", 10);
  let answered = false;
  const change = async (): Promise<void> => {
    await table.update("k", () => ({ record: { value: 1, untilMs: nowMs + 1 }, result: undefined }));
    answered = true;
  };
  const changed = change();
  await new Promise((resolve) => setImmediate(resolve));
  expect(answered).toBe(false);
  keep();
  await changed;
});

test("a process that opens a full table says that records may have been dropped before", async () => {
  const untilMs = nowMs + 1000;
  const first = heldTables({ clock, records }).table<number>("a", 2);
  const forgotten = (table: typeof first) =>
    table.update("other", ({ forgottenUntilMs }) => ({ record: "same", result: forgottenUntilMs }));
  await first.update("one", () => ({ record: { value: 1, untilMs }, result: undefined }));
  expect(await forgotten(heldTables({ clock, records }).table<number>("a", 2))).toBe(
    Number.NEGATIVE_INFINITY,
  );
  for (const key of ["two", "three"])
    await first.update(key, () => ({ record: { value: 1, untilMs }, result: undefined }));
  nowMs += 10;
  expect(await forgotten(heldTables({ clock, records }).table<number>("a", 2))).toBe(nowMs);
});
