import { once } from "node:events";
import { readdirSync, truncateSync, writeFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import type { ResourcePath } from "@meanwhile/dav";
import { expect, test } from "vitest";
import { testWith } from "../../../../conformance/judge.ts";
import { makeTestDisk } from "../testing/disk.ts";

const path = "/d" as ResourcePath;

/** Descriptors of this process that lead to the file. */
async function openTwice(content: Buffer) {
  const disk = await makeTestDisk();
  writeFileSync(disk.local("d"), content);
  return { disk, document: await disk.tree.open(path) };
}

test("a document that is closed while it is streamed ends the stream", async () => {
  const { document } = await openTwice(Buffer.alloc(10_000_000, 1));
  const stream = document.stream({ start: 0, end: 10_000_000 });
  await once(stream, "readable");
  document.close();
  document.close();
  await expect(buffer(stream)).rejects.toThrow();
  expect(() => document.stream({ start: 0, end: 1 })).toThrow();
});

test("a stream that is destroyed leaves the document open, and its other streams", async () => {
  const content = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => i % 251));
  const { document } = await openTwice(content);
  const first = document.stream({ start: 0, end: content.length });
  const second = document.stream({ start: 3, end: content.length - 5 });
  first.destroy();
  expect((await buffer(second)).equals(content.subarray(3, content.length - 5))).toBe(true);
  expect(await document.bytes({ start: 250, end: 252 })).toEqual(content.subarray(250, 252));
  document.close();
});

test("a file that gets shorter while it is read is an error, not a short answer", async () => {
  const { disk, document } = await openTwice(Buffer.alloc(1_000_000));
  truncateSync(disk.local("d"), 100);
  const error = { name: "TreeError", code: "unavailable" };
  await expect(buffer(document.stream({ start: 0, end: 1_000_000 }))).rejects.toMatchObject(error);
  await expect(document.bytes({ start: 0, end: 60_000 })).rejects.toMatchObject(error);
  document.close();
});

testWith(["linux"], "no act leaves a descriptor open", async () => {
  const disk = await makeTestDisk();
  const round = async (): Promise<void> => {
    const draft = await disk.tree.draft(path, { length: 1 });
    await draft.write(Buffer.from("x"));
    await draft.commit({ modifiedMs: undefined });
    await (await disk.tree.draft(path, { length: 1 })).discard();
    const document = await disk.tree.open(path);
    await buffer(document.stream({ start: 0, end: 1 }));
    document.close();
    await disk.tree.lookup("/none/none" as ResourcePath);
    await disk.tree.quota?.(path);
    await expect(disk.tree.open("/" as ResourcePath)).rejects.toThrow();
    await expect(disk.tree.draft("/" as ResourcePath, { length: 0 })).rejects.toThrow();
    await expect(disk.tree.createCollection(path, [])).rejects.toThrow();
    for await (const batch of disk.tree.members("/" as ResourcePath, { properties: true })) {
      expect(batch).toHaveLength(1);
      break;
    }
  };
  await round();
  const before = readdirSync("/proc/self/fd").length;
  for (let i = 0; i < 20; i += 1) await round();
  expect(readdirSync("/proc/self/fd").length).toBeLessThan(before + 5);
});
