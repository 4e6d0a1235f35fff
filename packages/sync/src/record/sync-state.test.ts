import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { surroundingsOf } from "../local/folder-surroundings.ts";
import { defaultStateDirectory, stateFileName } from "../local/state-place.ts";
import { testFolder } from "../testing/test-folder.ts";
import { readRecord, type SyncRecord, writeRecord } from "./sync-record.ts";
import { SyncState } from "./sync-state.ts";

const surroundings = surroundingsOf();
const record: SyncRecord = {
  localSize: 3,
  localModifiedMs: 5,
  remote: { size: 3, modifiedMs: 7, etag: '"1"' },
};
const well = { well: true, whole: true } as const;

test.each([
  ["a", record],
  ['hostile "name"\n\u2028', { ...record, remote: { size: 3 } }],
  ["b", "begun"],
  ["d/name.", { serverName: "name%20x" }],
] as const)("a record of %j is read as it was written", (path, written) => {
  const line = writeRecord(path, written);
  expect(line.indexOf("\n")).toBe(line.length - 1);
  expect(readRecord(line)).toEqual({ path, record: written });
});

test.each([
  "",
  "{}",
  "null",
  "[]",
  "[1]",
  '["a","1",2]',
  '["a",1',
  '["a",{}]',
  '["a/../b",{"serverName":"x"}]',
  '["a",{"serverName":"../x"}]',
  '["a",{"serverName":"%2e."}]',
  '["a",{"serverName":""}]',
  "x".repeat(1000),
])("%j is no record", (line) => {
  expect(readRecord(line)).toBeUndefined();
});

test("each transfer is known at once, should the process end", async () => {
  const { stateDirectory } = testFolder();
  const file = join(stateDirectory, "x.jsonl");
  const state = await SyncState.open(file, surroundings);
  await Promise.all([state.begin("a"), state.begin("b"), state.same("a", record)]);
  const after = await SyncState.open(file, surroundings);
  expect([after.recordOf("a"), after.recordOf("b"), after.complete]).toEqual([record, "begun", false]);
  await state.finish(well);
});

test("what goes on after a torn line is not lost", async () => {
  const { stateDirectory } = testFolder();
  mkdirSync(stateDirectory);
  const file = join(stateDirectory, "x.jsonl");
  writeFileSync(file, '{"version":1,"complete":true}\n["a",3,5,3,7');
  const state = await SyncState.open(file, surroundings);
  await state.same("b", record);
  const after = await SyncState.open(file, surroundings);
  expect([after.recordOf("a"), after.recordOf("b"), after.complete]).toEqual([undefined, record, true]);
  await state.finish(well);
});

test("at its end only what was asked for stays, if all went well", async () => {
  const { stateDirectory } = testFolder();
  const file = join(stateDirectory, "x.jsonl");
  const first = await SyncState.open(file, surroundings);
  await first.same("kept", record);
  await first.same("gone", record);
  await first.finish(well);
  const unwell = await SyncState.open(file, surroundings);
  unwell.recordOf("kept");
  await unwell.finish({ well: false, whole: true });
  const second = await SyncState.open(file, surroundings);
  expect(second.recordOf("gone")).toEqual(record);
  const third = await SyncState.open(file, surroundings);
  third.recordOf("kept");
  await third.finish(well);
  const fourth = await SyncState.open(file, surroundings);
  expect([fourth.recordOf("kept"), fourth.recordOf("gone")]).toEqual([record, undefined]);
  expect(fourth.complete).toBe(true);
});

test("is not written where nothing changed", async () => {
  const { stateDirectory } = testFolder();
  const file = join(stateDirectory, "x.jsonl");
  const first = await SyncState.open(file, surroundings);
  first.found("a", record);
  await first.finish(well);
  const { ino } = statSync(file);
  const second = await SyncState.open(file, surroundings);
  second.recordOf("a");
  second.found("a", record);
  await second.finish(well);
  expect(statSync(file).ino).toBe(ino);
});

test("is for its owner only, and leaves no drafts", async () => {
  const { stateDirectory } = testFolder();
  const state = await SyncState.open(join(stateDirectory, "x.jsonl"), surroundings);
  await state.same("a", record);
  await state.finish(well);
  expect(readdirSync(stateDirectory)).toEqual(["x.jsonl"]);
  expect(statSync(stateDirectory).mode & 0o077).toBe(0);
  expect(statSync(join(stateDirectory, "x.jsonl")).mode & 0o077).toBe(0);
});

test("a file system that fails in between is told, and the work may go on", async () => {
  const { stateDirectory } = testFolder();
  const file = join(stateDirectory, "x.jsonl");
  const { fileSystem } = surroundings;
  const rename = async (): Promise<never> => {
    throw new Error("no");
  };
  const state = await SyncState.open(file, { ...surroundings, fileSystem: { ...fileSystem, rename } });
  await state.same("a", record);
  await state.finish(well);
  expect(state.error).toMatchObject({ cause: { message: "no" } });
  expect(readdirSync(stateDirectory)).toEqual(["x.jsonl"]);
});

test("a file of another version is taken for nothing, and replaced", async () => {
  const { stateDirectory } = testFolder();
  mkdirSync(stateDirectory);
  const file = join(stateDirectory, "x.jsonl");
  writeFileSync(file, `{"version":2,"complete":true}\n${writeRecord("a", record)}`);
  const state = await SyncState.open(file, surroundings);
  expect([state.complete, state.recordOf("a")]).toEqual([false, undefined]);
  await state.same("b", record);
  await state.finish(well);
  expect(readFileSync(file, "utf8")).toMatch(/^{"meanwhile":"folder state","version":1,/);
  appendFileSync(file, "");
});

test.each([
  [{ platform: "linux", home: "/home/ann", env: {} }, "/home/ann/.local/state/meanwhile/folders"],
  [{ platform: "linux", home: "/home/ann", env: { XDG_STATE_HOME: "/s" } }, "/s/meanwhile/folders"],
  [
    { platform: "linux", home: "/home/ann", env: { XDG_STATE_HOME: "s" } },
    "/home/ann/.local/state/meanwhile/folders",
  ],
  [
    { platform: "darwin", home: "/Users/ann", env: {} },
    "/Users/ann/Library/Application Support/meanwhile/folders",
  ],
] as const)("is kept by default where the platform has it: %j", (platform, directory) => {
  expect(defaultStateDirectory(platform)).toBe(directory);
});

test("has a name of its own for each pair, and one that tells nothing but the folder's", () => {
  const x = stateFileName("/home/ann/my docs", new URL("http://files.example/a/"));
  expect(x).toMatch(/^my_docs-[0-9a-f]{32}\.jsonl$/);
  expect(x).not.toBe(stateFileName("/home/ann/my docs", new URL("http://files.example/b/")));
  expect(x).not.toBe(stateFileName("/home/bob/my docs", new URL("http://files.example/a/")));
});

test("names of the server are kept as long as they are met", async () => {
  const { stateDirectory } = testFolder();
  const file = join(stateDirectory, "x.jsonl");
  const first = await SyncState.open(file, surroundings);
  await first.named("name.", "name");
  await first.named("d./deep.", "deep");
  await first.same("d./deep.", record);
  first.folderRenamed("d.", "d");
  await first.finish({ well: true, whole: false });
  const second = await SyncState.open(file, surroundings);
  expect([[...second.names.in("")], [...second.names.in("d")], [...second.names.in("d.")]]).toEqual([
    [["name.", expect.objectContaining({ serverName: "name" })]],
    [["deep.", expect.objectContaining({ serverName: "deep" })]],
    [],
  ]);
  expect([second.recordOf("d/deep."), second.recordOf("d./deep.")]).toEqual([record, undefined]);
  second.names.see("", "name.");
  await second.finish(well);
  expect([...(await SyncState.open(file, surroundings)).names].map(([path]) => path)).toEqual(["name."]);
});
