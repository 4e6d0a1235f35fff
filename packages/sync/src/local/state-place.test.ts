import { expect, test } from "vitest";
import { defaultStateDirectory, defaultUploadsDirectory, stateFileName } from "./state-place.ts";

test.each([
  ["linux", {}, "/home/ann/.local/state/meanwhile"],
  ["linux", { XDG_STATE_HOME: "/state" }, "/state/meanwhile"],
  ["linux", { XDG_STATE_HOME: "not/from/the/root" }, "/home/ann/.local/state/meanwhile"],
  ["darwin", { XDG_STATE_HOME: "/state" }, "/home/ann/Library/Application Support/meanwhile"],
  ["win32", { LOCALAPPDATA: "/local" }, "/local/meanwhile"],
  ["win32", { LOCALAPPDATA: "" }, "/home/ann/AppData/Local/meanwhile"],
] as const)("on %s with %j state is in %s", (platform, env, place) => {
  const surroundings = { platform, env, home: "/home/ann" };
  expect(defaultStateDirectory(surroundings).replaceAll("\\", "/")).toBe(`${place}/folders`);
  expect(defaultUploadsDirectory(surroundings).replaceAll("\\", "/")).toBe(`${place}/uploads`);
});

test("each pair of folder and collection has a name of its own, which people can read", () => {
  const name = (folder: string, collection: string): string => stateFileName(folder, new URL(collection));
  expect(name("/home/ann/my photos", "http://h/a/")).toMatch(/^my_photos-[0-9a-f]{32}\.jsonl$/);
  expect(name("/", "http://h/a/")).toMatch(/^root-/);
  const all = [name("/a", "http://h/a/"), name("/a", "http://h/b/"), name("/b/a", "http://h/a/")];
  expect(new Set(all).size).toBe(3);
});
