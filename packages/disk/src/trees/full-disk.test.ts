import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { ResourcePath } from "@meanwhile/dav";
import { testWork } from "@meanwhile/server/testing";
import { expect, onTestFinished } from "vitest";
import { testWith } from "../../../../conformance/judge.ts";
import { makeTestDisk, type TestDisk } from "../testing/disk.ts";
import { mountTmpfs } from "../testing/tmpfs.ts";

const at = (path: string): ResourcePath => path as ResourcePath;

async function smallDisk(): Promise<TestDisk> {
  const disk = await makeTestDisk();
  mkdirSync(disk.local("small"));
  onTestFinished(mountTmpfs(disk.local("small"), "2m"));
  writeFileSync(disk.local("small/old"), "old");
  return disk;
}

testWith(
  ["tmpfs"],
  "a PUT of a known length that cannot fit is refused before a byte is written",
  async () => {
    const disk = await smallDisk();
    const draft = disk.tree.draft(at("/small/old"), { length: 4 * 1024 * 1024 });
    await expect(draft).rejects.toMatchObject({ name: "TreeError", code: "no-space" });
    expect(readdirSync(disk.local("small"))).toEqual(["old"]);
  },
);

testWith(
  ["tmpfs"],
  "a PUT that fills the disk fails, and leaves the old content and nothing else",
  async () => {
    const disk = await smallDisk();
    const draft = await disk.tree.draft(at("/small/old"), { length: undefined });
    const fill = async (): Promise<void> => {
      for (let i = 0; i < 64; i += 1) await draft.write(Buffer.alloc(64 * 1024, i));
    };
    await expect(fill()).rejects.toMatchObject({ name: "TreeError", code: "no-space" });
    await draft.discard();
    expect(readdirSync(disk.local("small"))).toEqual(["old"]);
    expect(readFileSync(disk.local("small/old"), "utf8")).toBe("old");
  },
);

testWith(
  ["tmpfs"],
  "a COPY that fills the disk tells which members failed, and has none of them by half",
  async () => {
    const disk = await smallDisk();
    mkdirSync(disk.local("source"));
    writeFileSync(disk.local("source/large"), Buffer.alloc(4 * 1024 * 1024));
    writeFileSync(disk.local("source/note"), "fits");
    const work = testWork();
    await disk.tree.copy(at("/source"), at("/small/copy"), { replace: false, depth: "infinity" }, work);
    expect([...work.failures]).toEqual([["/source/large", "no-space"]]);
    expect(readdirSync(disk.local("small/copy"))).toEqual(["note"]);
  },
);

const replacements = ["copy", "move"].flatMap((method) =>
  ["collection", "document", "nothing"].map((there) => ({ method, there })),
);

for (const { method, there } of replacements) {
  testWith(
    ["tmpfs"],
    `a ${method} of a collection onto a ${there} that fills the disk changes nothing, unless it makes a new copy (§9.8.5)`,
    async () => {
      const disk = await smallDisk();
      mkdirSync(disk.local("source"));
      for (let index = 0; index < 60; index += 1)
        writeFileSync(disk.local(`source/${index}`), Buffer.alloc(60_000, index));
      const destination = there === "document" ? at("/small/old") : at("/small/there");
      if (there === "collection") {
        mkdirSync(disk.local("small/there"));
        for (let index = 0; index < 20; index += 1)
          writeFileSync(disk.local(`small/there/old-${index}`), "old");
      }
      const before = readdirSync(disk.folder, { recursive: true }).sort();
      const work = testWork();
      const placement = { replace: true };
      const done =
        method === "copy"
          ? disk.tree.copy(at("/source"), destination, { ...placement, depth: "infinity" }, work)
          : disk.tree.move(at("/source"), destination, placement, work);
      if (method === "copy" && there === "nothing") {
        expect(await done).toEqual({ created: true });
        expect(readdirSync(disk.local("small/there")).length).toBe(60 - work.failures.size);
      } else {
        await expect(done).rejects.toMatchObject({ code: "incomplete" });
        expect(readdirSync(disk.folder, { recursive: true }).sort()).toEqual(before);
      }
      expect(new Set(work.failures.values())).toEqual(new Set(["no-space"]));
      expect(readFileSync(disk.local("small/old"), "utf8")).toBe("old");
    },
  );
}

testWith(
  ["tmpfs"],
  "a COPY of a document that cannot fit fails, and leaves the destination as before",
  async () => {
    const disk = await smallDisk();
    writeFileSync(disk.local("large"), Buffer.alloc(4 * 1024 * 1024));
    const copy = disk.tree.copy(at("/large"), at("/small/old"), { replace: true, depth: "0" }, testWork());
    await expect(copy).rejects.toMatchObject({ code: "no-space" });
    expect(readdirSync(disk.local("small"))).toEqual(["old"]);
    expect(readFileSync(disk.local("small/old"), "utf8")).toBe("old");
  },
);

testWith(
  ["tmpfs"],
  "quota tells what the file system of the resource has, mount by mount (RFC 4331)",
  async () => {
    const disk = await smallDisk();
    const quota = await disk.tree.quota?.(at("/small"));
    expect(quota?.availableBytes).toBeLessThan(2 * 1024 * 1024);
    expect(quota?.usedBytes).toBeGreaterThan(0);
    expect((await disk.tree.quota?.(at("/")))?.availableBytes).toBeGreaterThan(2 * 1024 * 1024);
  },
);
