import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeFiles, readTables } from "../files/database-files.ts";
import { openState, type State } from "../state.ts";

function makePlace(): string {
  const place = mkdtempSync(join(tmpdir(), "meanwhile-versions-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  return place;
}

async function opened(directory: string): Promise<State> {
  const state = await openState({ directory, file: "state.mdb" });
  onTestFinished(() => state.close());
  return state;
}

test("a table's version is recorded with its first record, and another program's is refused", async () => {
  const place = makePlace();
  const first = await opened(place);
  const part = first.part();
  const numbers = part.table<string, number>("numbers", "json", 2);
  part.table("empty", "json", 7);
  await part.change(() => numbers.put("a", 1));
  await first.close();
  const rows = await readTables(join(place, "state.mdb"), [{ name: "tables", encoding: "json" }]);
  expect(rows.get("tables")).toEqual([{ key: "numbers", value: 2 }]);
  const next = (await opened(place)).part();
  expect(() => next.table("numbers", "json", 1)).toThrow(
    expect.objectContaining({ code: "newer-format", message: expect.stringContaining("numbers") }),
  );
  expect(() => next.table("numbers", "json", 3)).toThrow(expect.objectContaining({ code: "unusable" }));
  expect(next.table<string, number>("numbers", "json", 2).get("a")).toBe(1);
  next.table("empty", "json", 8);
});

test("records of two roots in one table do not see each other", async () => {
  const state = await opened(makePlace());
  const [one, two] = [state.part({ root: 1 }), state.part({ root: 2 })];
  const [ofOne, ofTwo] = [one, two].map((part) => part.table<string | [string, number], string>("t", "json"));
  await one.change(() => {
    ofOne?.put("a", "one");
    ofOne?.put(["b", 1], "list of one");
  });
  await two.change(() => ofTwo?.put("a", "two"));
  expect([...(ofOne?.range() ?? [])]).toEqual([
    { key: "a", value: "one" },
    { key: ["b", 1], value: "list of one" },
  ]);
  expect([...(ofTwo?.range({ start: "a" }) ?? [])]).toEqual([{ key: "a", value: "two" }]);
  expect([...(ofOne?.range({ start: "a", exclusiveStart: true }) ?? [])]).toHaveLength(1);
  await one.change(() => ofOne?.remove("a"));
  expect([ofOne?.has("a"), ofTwo?.get("a")]).toEqual([false, "two"]);
});

test("a state that is not open is read with its file of changes, and neither file is changed", async () => {
  const place = makePlace();
  const file = join(place, "state.mdb");
  let number = 0;
  const table = { name: "t", encoding: "json" } as const;
  await makeFiles(file, [{ ...table, version: 1, records: [{ key: "a", value: 1 }] }], () => `id${++number}`);
  const state = await opened(place);
  const part = state.part();
  const rows = part.table<string, number>("t", "json");
  await part.change(() => rows.put("b", 2), { durable: false });
  const read = await readTables(file, [table, { name: "missing", encoding: "json" }]);
  expect(read.get("t")).toEqual([
    { key: "a", value: 1 },
    { key: "b", value: 2 },
  ]);
  expect(read.get("missing")).toEqual([]);
});
