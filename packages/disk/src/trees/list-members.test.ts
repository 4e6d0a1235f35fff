import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import type { ResourcePath } from "@meanwhile/dav";
import type { Member } from "@meanwhile/server/store";
import { expect, test } from "vitest";
import { testWith } from "../../../../conformance/judge.ts";
import { factsAt } from "../calls/many-facts.ts";
import { makeTestDisk, type TestDisk } from "../testing/disk.ts";
import { FileWorkers } from "../workers/file-workers.ts";

const folder = "/many" as ResourcePath;

async function members(disk: TestDisk): Promise<ReadonlyMap<string, Member["resource"]>> {
  const all = new Map<string, Member["resource"]>();
  for await (const batch of disk.tree.members(folder, { properties: false })) {
    for (const { name, resource } of batch) all.set(name, resource);
  }
  return all;
}

test("each member is told as a look at it alone tells it, of few and of many", async () => {
  const disk = await makeTestDisk();
  mkdirSync(disk.local("many"));
  for (const [count, first] of [
    [10, 0],
    [700, 10],
  ] as const) {
    for (let at = first; at < first + count; at += 1) {
      writeFileSync(disk.local(`many/${at}.txt`), "x".repeat(at));
    }
    mkdirSync(disk.local(`many/directory ${first}`));
    linkSync(disk.local(`many/${first}.txt`), disk.local(`many/other name ${first}`));
    symlinkSync(`${first}.txt`, disk.local(`many/link ${first}`));
    symlinkSync("none", disk.local(`many/broken ${first}`));
    writeFileSync(Buffer.from([...Buffer.from(disk.local("many/bytes ")), 0xff, 0x61 + first]), "no name");
    // The first time in a worker, and then where the routes have it.
    for (let times = 0; times < 2; times += 1) {
      const found = await members(disk);
      expect(found.has(`broken ${first}`)).toBe(false);
      for (const [name, resource] of found) {
        expect(resource).toEqual(await disk.tree.lookup(`${folder}/${name}` as ResourcePath));
      }
      expect(found.size).toBe(first === 0 ? 13 : 716);
    }
  }
});

testWith(
  ["linux"],
  "what a worker tells of names has their facts only where they were asked for",
  async () => {
    const workers = new FileWorkers();
    const lane = workers.lane("refusing");
    for await (const batch of lane.readNames("/proc/self/fd")) expect(batch.facts).toBeUndefined();
    for await (const batch of lane.readNames("/proc/self/fd", { withFacts: true })) {
      expect(batch.names.map((_, at) => batch.facts && factsAt(batch.facts, at))).toContainEqual(
        expect.objectContaining({ mode: expect.any(Number), tag: expect.stringMatching(/^"[\w-]{43}"$/) }),
      );
    }
    await workers.close();
  },
);
