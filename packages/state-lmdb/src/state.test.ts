import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openState } from "./state.ts";
import { WriterThread } from "./writing/writer-thread.ts";

function makePlace(): string {
  const place = mkdtempSync(join(tmpdir(), "meanwhile-state-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  return place;
}

test("what was changed is there when it is opened again, whatever its encoding", async () => {
  const directory = makePlace();
  const state = await openState({ directory, file: "state.mdb" });
  const part = state.part();
  const texts = part.table<string, { readonly a: string }>("texts", "json");
  const packed = part.table<[number, string], readonly number[]>("packed", "msgpack");
  const bytes = part.table<string, Uint8Array>("bytes", "binary");
  await part.change(() => {
    texts.put("a", { a: "b" });
    packed.put([1, "x"], [1, 2]);
    bytes.put("a", Buffer.from("bytes"));
  });
  await part.change(() => texts.put("b", { a: "c" }), { durable: false });
  await state.close();
  await state.close();
  const again = await openState({ directory, file: "state.mdb" });
  onTestFinished(() => again.close());
  const next = again.part();
  expect([...next.table("texts", "json").range()]).toEqual([
    { key: "a", value: { a: "b" } },
    { key: "b", value: { a: "c" } },
  ]);
  expect(next.table("packed", "msgpack").get([1, "x"])).toEqual([1, 2]);
  expect(Buffer.from(next.table<string, Uint8Array>("bytes", "binary").get("a") ?? []).toString()).toBe(
    "bytes",
  );
});

test("two states are written side by side", async () => {
  const states = await Promise.all(
    [makePlace(), makePlace()].map((directory) => openState({ directory, file: "state.mdb" })),
  );
  for (const state of states) onTestFinished(() => state.close());
  const tables = states.map((state) => {
    const part = state.part();
    return { part, table: part.table<string, number>("t", "json") };
  });
  await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      tables.map(({ part, table }, which) => part.change(() => table.put(`${index}`, which))),
    ).flat(),
  );
  for (const [which, { table }] of tables.entries()) {
    const values = [...table.range()].map(({ value }) => value);
    expect(values).toEqual(Array.from({ length: 50 }, () => which));
  }
});

test("a thread that ends takes nothing for done, and the next batch gets another", async () => {
  const thread = new WriterThread();
  const writer = thread.for(join(makePlace(), "state.mdb"));
  const batch = [{ name: "t", encoding: "json", changes: [["a", 1]] }] as const;
  await writer.commit(batch);
  const lost = writer.commit([{ name: "t", encoding: "json", changes: [["b", "x".repeat(50_000_000)]] }]);
  const told = expect(lost).rejects.toThrow("the thread that writes the state has ended");
  const ending = thread.end();
  // What is asked for before it has ended is not lost with it.
  await writer.commit(batch);
  await Promise.all([told, ending]);
  await writer.close();
  await thread.end();
});
