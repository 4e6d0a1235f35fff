/** Strong entity tags (RFC 9110 §8.8.1) in the cases that mislead other servers. */
import { readFileSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import type { ResourcePath } from "@meanwhile/dav";
import { describe, expect, test } from "vitest";
import { makeTestDisk, type TestDisk } from "../testing/disk.ts";
import { FreshTags } from "./fresh-tags.ts";

const at = (path: string): ResourcePath => path as ResourcePath;

async function put(disk: TestDisk, content: string, modifiedMs?: number): Promise<string> {
  const draft = await disk.tree.draft(at("/d"), { length: content.length });
  await draft.write(Buffer.from(content));
  return (await draft.commit({ modifiedMs })).resource.etag;
}

async function tag(disk: TestDisk): Promise<string | undefined> {
  const resource = await disk.tree.lookup(at("/d"));
  return resource?.kind === "document" ? resource.etag : undefined;
}

describe("the entity tag of a file", () => {
  test("is another one for each of many PUTs of the same size in the same moment, with the same time set", async () => {
    const disk = await makeTestDisk();
    const tags = new Set<string>();
    for (let i = 0; i < 300; i += 1) tags.add(await put(disk, String(i).padStart(3, "0"), 1_000_000_000_000));
    expect(tags.size).toBe(300);
    expect(await tag(disk)).toBe([...tags].at(-1));
    expect(readFileSync(disk.local("d"), "utf8")).toBe("299");
  });

  test("changes when another program writes in place and sets the old time again", async () => {
    const disk = await makeTestDisk();
    const before = await put(disk, "one", 1_000_000_000_000);
    writeFileSync(disk.local("d"), "two");
    utimesSync(disk.local("d"), 1e9, 1e9);
    expect(statSync(disk.local("d")).mtimeMs).toBe(1e12);
    expect(await tag(disk)).not.toBe(before);
  });

  test("changes when another file of the same size and time is renamed over it", async () => {
    const disk = await makeTestDisk();
    writeFileSync(disk.local("other"), "two");
    utimesSync(disk.local("other"), 1e9, 1e9);
    const before = await put(disk, "one", 1_000_000_000_000);
    renameSync(disk.local("other"), disk.local("d"));
    expect(await tag(disk)).not.toBe(before);
  });

  test("is the same however it is asked for, and short", async () => {
    const disk = await makeTestDisk();
    const committed = await put(disk, "one");
    expect(await tag(disk)).toBe(committed);
    const document = await disk.tree.open(at("/d"));
    expect(document.resource.etag).toBe(committed);
    document.close();
    for await (const [member] of disk.tree.members(at("/"), { properties: false })) {
      expect(member?.resource).toEqual(await disk.tree.lookup(at("/d")));
    }
    expect(committed).toMatch(/^"[\w-]{43}"$/);
  });
});

describe("fresh tags", () => {
  const stats = statSync(".", { bigint: true });

  test("are given once within a second, and again later", () => {
    let now = 0;
    const fresh = new FreshTags(() => now);
    expect(fresh.take(stats)).toBe(true);
    expect(fresh.take(stats)).toBe(false);
    now += 1001;
    expect(fresh.take(stats)).toBe(true);
  });

  test("are remembered in a bounded number", () => {
    const fresh = new FreshTags(() => 0);
    expect(fresh.take(stats)).toBe(true);
    for (let i = 1n; i <= 9000n; i += 1n)
      fresh.take(Object.assign(Object.create(stats), { ino: stats.ino + i }));
    expect(fresh.take(stats)).toBe(true);
  });
});
