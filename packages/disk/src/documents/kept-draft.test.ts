/** Drafts that stay: what is on the disk meanwhile, and what others may have put in their place. */
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import { expect, onTestFinished, test } from "vitest";
import { testWith } from "../../../../conformance/judge.ts";
import { makeTestDisk, type TestDisk } from "../testing/disk.ts";
import { mountTmpfs } from "../testing/tmpfs.ts";

const id = "0123456789abcdef";
const target = "/d" as ResourcePath;

/** What the draft is called, in a member of the folder. */
function nameIn(disk: TestDisk, collection = ""): string {
  const names = readdirSync(disk.local(collection));
  return names.find((name) => name.endsWith(`.0.upload-${id}~`)) ?? "no-draft";
}

/** An upload of which a part came, recorded as the server does. */
async function left(disk: TestDisk, content: string, path = target): Promise<string> {
  const { records, change } = disk.uploads;
  const record = { version: 1, path, headers: {}, offset: 0, expiresAtMs: 1 } as const;
  await change(() => records.put(id, record));
  const draft = await disk.tree.keepDraft?.(path, { id, length: undefined });
  if (draft === undefined) throw new Error("the tree keeps no drafts");
  await draft.write(Buffer.from(content));
  await draft.sync();
  await draft.leave();
  return draft.mark;
}

const resumed = (disk: TestDisk, mark: string, length: number, path = target) =>
  disk.tree.resumeDraft?.(path, { id, mark, length });

testWith(
  ["posix"],
  "it is beside its target, for its owner alone; in the end its document has the mode of others",
  async () => {
    const disk = await makeTestDisk();
    const mark = await left(disk, "one");
    expect(readdirSync(disk.folder).filter((one) => one !== ".meanwhile-root~")).toEqual([nameIn(disk)]);
    expect(statSync(disk.local(nameIn(disk))).mode & 0o777).toBe(0o600);
    const draft = await resumed(disk, mark, 3);
    expect(statSync(disk.local(nameIn(disk))).mode & 0o777).toBe(0o600);
    await draft?.commit({ modifiedMs: undefined });
    expect(statSync(disk.local("d")).mode & 0o777).toBe(0o666 & ~process.umask());
  },
);

test("the next process finds it where it is recorded, and sweeps it where it is not", async () => {
  const first = await makeTestDisk();
  const mark = await left(first, "one two");
  const second = await first.reopen();
  const draft = await resumed(second, mark, 3);
  expect(draft?.length).toBe(3);
  await draft?.leave();
  expect(readFileSync(second.local(nameIn(second)), "utf8")).toBe("one");
  await second.tree.forgetDraft?.(target, id);
  expect(() => statSync(second.local(nameIn(second)))).toThrow("ENOENT");
});

test("what is not left when the process ends stays, too", async () => {
  const first = await makeTestDisk();
  const mark = await left(first, "one");
  const held = await resumed(first, mark, 3);
  await held?.write(Buffer.from(" two"));
  const second = await first.reopen();
  const draft = await resumed(second, mark, 7);
  expect(draft?.length).toBe(7);
});

const replacements: readonly [name: string, replace: (local: string, victim: string) => void][] = [
  ["a symbolic link", (local, victim) => symlinkSync(victim, local)],
  ["a hard link", (local, victim) => linkSync(victim, local)],
  ["a directory", (local) => mkdirSync(local)],
  ["nothing", () => {}],
];
for (const [what, replace] of replacements) {
  testWith(["posix"], `${what} in its place is left alone, and the draft is none any more`, async () => {
    const disk = await makeTestDisk();
    const mark = await left(disk, "one");
    const victim = join(disk.folder, "..", "victim");
    writeFileSync(victim, "precious");
    rmSync(disk.local(nameIn(disk)));
    replace(disk.local(nameIn(disk)), victim);
    expect(await resumed(disk, mark, 3)).toBeUndefined();
    expect(readFileSync(victim, "utf8")).toBe("precious");
  });
}

test("a draft goes with its collection, and a collection that is gone has none", async () => {
  const disk = await makeTestDisk();
  mkdirSync(disk.local("col"));
  const path = "/col/d" as ResourcePath;
  const mark = await left(disk, "one", path);
  renameSync(disk.local("col"), disk.local("moved"));
  expect(await resumed(disk, mark, 3, path)).toBeUndefined();
  await disk.tree.forgetDraft?.(path, id);
  expect(readdirSync(disk.local("moved"))).toEqual([nameIn(disk, "moved")]);
});

testWith(["tmpfs"], "it lies on the file system of its target, and a full one keeps what came", async () => {
  const disk = await makeTestDisk();
  mkdirSync(disk.local("mounted"));
  onTestFinished(mountTmpfs(disk.local("mounted"), "1m"));
  const path = "/mounted/d" as ResourcePath;
  const mark = await left(disk, "one", path);
  const { dev } = statSync(disk.local(`mounted/${nameIn(disk, "mounted")}`));
  expect(dev).toBe(statSync(disk.local("mounted")).dev);
  const draft = await resumed(disk, mark, 3, path);
  await expect(draft?.write(new Uint8Array(2 * 1024 * 1024))).rejects.toMatchObject({ code: "no-space" });
  await draft?.truncate(draft.length);
  await draft?.sync();
  expect(draft?.length).toBe(3);
  await draft?.commit({ modifiedMs: undefined });
  expect(readFileSync(disk.local("mounted/d"), "utf8")).toBe("one");
});
