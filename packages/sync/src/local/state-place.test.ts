import { expect, test } from "vitest";
import { defaultStateDirectory, defaultUploadsDirectory, stateFileName } from "./state-place.ts";

test("what is known of folders and uploads is beside each other", () => {
  const platform = { platform: "linux", env: {}, home: "/home/ann" } as const;
  expect(defaultStateDirectory(platform)).toBe("/home/ann/.local/state/meanwhile/folders");
  expect(defaultUploadsDirectory(platform)).toBe("/home/ann/.local/state/meanwhile/uploads");
});

test("each pair of folder and collection has a name of its own, which people can read", () => {
  const name = (folder: string, collection: string): string => stateFileName(folder, new URL(collection));
  expect(name("/home/ann/my photos", "http://h/a/")).toMatch(/^my_photos-[0-9a-f]{32}\.jsonl$/);
  expect(name("/", "http://h/a/")).toMatch(/^root-/);
  const all = [name("/a", "http://h/a/"), name("/a", "http://h/b/"), name("/b/a", "http://h/a/")];
  expect(new Set(all).size).toBe(3);
});
