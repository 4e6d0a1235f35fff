import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { type RememberedUpload, uploadMemory } from "./upload-memory.ts";

const place = mkdtempSync(join(tmpdir(), "meanwhile-memory-"));
const directory = join(place, "uploads");
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const upload: RememberedUpload = {
  directory,
  url: new URL("https://files.example/a.iso"),
  file: "/home/ann/a.iso",
  size: 7,
  modifiedMs: 1,
};

test("an upload is remembered for the next command, for its user alone, and forgotten", async () => {
  await uploadMemory(upload).remember("there");
  expect(await uploadMemory(upload).recall()).toBe("there");
  expect(await uploadMemory({ ...upload, file: "/home/ann/b.iso" }).recall()).toBeUndefined();
  expect(
    await uploadMemory({ ...upload, url: new URL("https://other.example/a.iso") }).recall(),
  ).toBeUndefined();
  if (process.platform !== "win32") expect(statSync(directory).mode & 0o777).toBe(0o700);
  await uploadMemory(upload).remember(undefined);
  expect(await uploadMemory(upload).recall()).toBeUndefined();
  expect(readdirSync(directory)).toEqual([]);
});

test("a file that was changed takes the place of what it was, and can be told from it", async () => {
  const changed = uploadMemory({ ...upload, size: 8 });
  await uploadMemory(upload).remember("there");
  expect(await changed.recall()).toBe("there");
  expect(changed.content).not.toBe(uploadMemory(upload).content);
  expect(uploadMemory({ ...upload, modifiedMs: 2 }).content).not.toBe(uploadMemory(upload).content);
  await changed.remember("elsewhere");
  expect(readdirSync(directory)).toHaveLength(1);
});

test("those of which no server knows any more are swept, and nothing else", async () => {
  await uploadMemory(upload).remember("old");
  const [old = ""] = readdirSync(directory);
  writeFileSync(join(directory, "notes.txt"), "not ours");
  const before = new Date(Date.now() - 15 * 24 * 3_600_000);
  for (const name of [old, "notes.txt"]) utimesSync(join(directory, name), before, before);
  await uploadMemory({ ...upload, file: "/home/ann/b.iso" }).remember("new");
  expect(readdirSync(directory)).toHaveLength(2);
  expect(readdirSync(directory)).toContain("notes.txt");
  expect(readdirSync(directory)).not.toContain(old);
});
