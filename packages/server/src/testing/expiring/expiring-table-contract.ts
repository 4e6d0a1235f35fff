import assert from "node:assert/strict";
import type { ExpiringTable, ExpiringTables } from "../../expiring/expiring-table.ts";
import type { Awaitable } from "../../store.ts";
import type { ContractCase } from "../contract-case.ts";

/** Tables under test. Each case gets empty ones with their own clock, which stands until it is told to go on. */
export interface ExpiringTablesSubject {
  readonly tables: ExpiringTables;
  /** The same tables, as another process has them; absent where one process at a time has them. */
  readonly second?: ExpiringTables | undefined;
  /** Lets time pass, by the tables' clock. */
  advance(ms: number): Awaitable<void>;
  /** Ends the process, and opens the tables again; absent where nothing is kept. */
  readonly reopen?: (() => Awaitable<ExpiringTables>) | undefined;
}

/** What every `ExpiringTables` promises. */
export const expiringTableContract: readonly ContractCase<ExpiringTablesSubject, "second" | "reopen">[] = [
  {
    name: "a record is there until its time has passed, by the tables' clock",
    run: async ({ tables, advance }) => {
      const table = tables.table<number>("a", 10);
      assert.equal(await table.get("k"), undefined);
      await put(table, "k", 1, tables.now() + 1000);
      await advance(999);
      assert.equal(await table.get("k"), 1);
      await advance(1);
      assert.equal(await table.get("k"), undefined);
      const seen = await table.update("k", ({ value, nowMs }) => ({
        record: "same",
        result: { value, nowMs },
      }));
      assert.deepEqual(seen, { value: undefined, nowMs: tables.now() });
    },
  },
  {
    name: "a change sees what was there, and leaves what it says, or all as it was",
    run: async ({ tables }) => {
      const table = tables.table<{ readonly list: readonly string[] }>("a", 10);
      const untilMs = tables.now() + 1000;
      await table.update("k", () => ({
        record: { value: { list: ["a", "é"] }, untilMs },
        result: undefined,
      }));
      assert.equal(
        await table.update("k", ({ value }) => ({ record: "same", result: value?.list.length })),
        2,
      );
      assert.deepEqual(await table.get("k"), { list: ["a", "é"] });
      await table.update("k", () => ({ record: undefined, result: undefined }));
      assert.equal(await table.get("k"), undefined);
    },
  },
  {
    name: "changes that come at once each see those before",
    run: async ({ tables, second = tables }) => {
      const [one, other] = [tables.table<number>("a", 10), second.table<number>("a", 10)];
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => count(index % 2 === 0 ? one : other, "k", tables)),
      );
      assert.equal(await one.get("k"), 20);
    },
  },
  {
    name: "tables and keys are apart",
    run: async ({ tables }) => {
      const [one, other] = [tables.table<number>("a", 10), tables.table<number>("b", 10)];
      const untilMs = tables.now() + 1000;
      const keys = ["k", "K", " ", "__proto__", "é", "e\u0301", "x".repeat(300), `${"x".repeat(300)}y`];
      for (const [index, key] of keys.entries()) await put(one, key, index, untilMs);
      for (const [index, key] of keys.entries()) {
        assert.equal(await one.get(key), index);
        assert.equal(await other.get(key), undefined);
      }
    },
  },
  {
    name: "only so many are kept: the one that was not changed for longest goes, and that is told",
    run: async ({ tables, advance }) => {
      const table = tables.table<number>("a", 2);
      const untilMs = tables.now() + 1_000_000;
      const forgotten = (): Awaitable<number> =>
        table.update("other", ({ forgottenUntilMs }) => ({ record: "same", result: forgottenUntilMs }));
      await put(table, "a", 1, untilMs);
      await advance(10);
      const madeMs = tables.now();
      await put(table, "b", 1, untilMs);
      await advance(10);
      await put(table, "a", 2, untilMs);
      assert.equal(await forgotten(), Number.NEGATIVE_INFINITY);
      await put(table, "c", 1, untilMs);
      assert.deepEqual([await table.get("a"), await table.get("b"), await table.get("c")], [2, undefined, 1]);
      assert.equal(await forgotten(), madeMs);
    },
  },
  {
    name: "what one process changed another one sees, by one clock",
    needs: "second",
    run: async ({ tables, second, advance }) => {
      assert.ok(second);
      await put(tables.table<string>("a", 10), "k", "from the first", tables.now() + 1000);
      const table = second.table<string>("a", 10);
      assert.equal(await table.get("k"), "from the first");
      assert.equal(second.now(), tables.now());
      await advance(1000);
      assert.equal(await table.get("k"), undefined);
    },
  },
  {
    name: "what was kept is there in the next process, for the rest of its time",
    needs: "reopen",
    run: async ({ tables, reopen, advance }) => {
      assert.ok(reopen);
      const table = tables.table<string>("a", 10);
      await put(table, "k", "kept", tables.now() + 1000);
      await put(table, "removed", "kept", tables.now() + 1000);
      await table.update("removed", () => ({ record: undefined, result: undefined }));
      await advance(999);
      const next = (await reopen()).table<string>("a", 10);
      assert.deepEqual([await next.get("k"), await next.get("removed")], ["kept", undefined]);
      await advance(1);
      assert.equal(await next.get("k"), undefined);
    },
  },
];

function put<V>(table: ExpiringTable<V>, key: string, value: V, untilMs: number): Awaitable<void> {
  return table.update(key, () => ({ record: { value, untilMs }, result: undefined }));
}

function count(table: ExpiringTable<number>, key: string, { now }: ExpiringTables): Awaitable<void> {
  const untilMs = now() + 1000;
  return table.update(key, ({ value = 0 }) => ({ record: { value: value + 1, untilMs }, result: undefined }));
}
