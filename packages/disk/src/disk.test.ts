import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import { open } from "lmdb";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { openDisk } from "./disk.ts";
import { makeFolder, makeTestDisk, openTestDisk } from "./testing/disk.ts";
import { listed } from "./testing/listed.ts";

const at = (path: string): ResourcePath => path as ResourcePath;
const property = { name: { namespace: "urn:example", local: "a" }, xml: '<a xmlns="urn:example">ä</a>' };

describe("a disk", () => {
  test("makes its state directory for its user alone", async () => {
    const disk = await makeTestDisk();
    expect(statSync(disk.state).mode & 0o777).toBe(0o700);
    for (const name of ["state.mdb", "state.mdb-lock"]) {
      expect(statSync(join(disk.state, name)).mode & 0o777).toBe(0o600);
    }
  });

  test("keeps locks when the time of day is set ten years ahead or back", async () => {
    const disk = await makeTestDisk();
    writeFileSync(disk.local("d"), "");
    await disk.locks.create({
      root: at("/d"),
      scope: "exclusive",
      depth: "0",
      owner: undefined,
      principal: "ann",
      timeoutSeconds: 600,
    });
    const tenYearsMs = 10 * 365 * 24 * 60 * 60 * 1000;
    const now = vi.spyOn(Date, "now");
    onTestFinished(() => now.mockRestore());
    for (const jumpMs of [tenYearsMs, -tenYearsMs]) {
      now.mockReturnValue(performance.timeOrigin + jumpMs);
      const [lock] = await disk.locks.covering(at("/d"));
      expect(lock?.timeoutSeconds).toBe(600);
      const leftMs = (lock?.expiresAtMs ?? 0) - (await disk.locks.now());
      expect(leftMs).toBeGreaterThan(0);
      expect(leftMs).toBeLessThanOrEqual(600_000);
    }
  });

  test("keeps dead properties and locks over a restart", async () => {
    const first = await makeTestDisk();
    writeFileSync(first.local("d"), "");
    await first.tree.patchProperties(at("/d"), [{ action: "set", property }]);
    const granted = await first.locks.create({
      root: at("/d"),
      scope: "exclusive",
      depth: "0",
      owner: undefined,
      principal: "ann",
      timeoutSeconds: 600,
    });
    expect(granted.kind).toBe("granted");
    const second = await first.reopen();
    expect(await second.tree.properties(at("/d"))).toEqual([property]);
    expect(await second.locks.covering(at("/d"))).toHaveLength(1);
  });

  test("discards drafts at its end, and leaves no socket in its state", async () => {
    const disk = await makeTestDisk();
    await disk.tree.draft(at("/d"), { length: undefined });
    expect(listed(disk.folder)).toHaveLength(1);
    await disk.close();
    expect(listed(disk.folder)).toEqual([]);
    expect(readdirSync(disk.state).filter((name) => name.startsWith("socket-"))).toEqual([]);
  });

  test("can be opened through a link to its folder, and at another time by its real path", async () => {
    const { folder, state } = makeFolder();
    symlinkSync(folder, `${state}-link`);
    writeFileSync(join(folder, "d"), "");
    const disk = await openTestDisk({ folder: `${state}-link`, state });
    expect((await disk.tree.lookup(at("/d")))?.kind).toBe("document");
    await disk.close();
    await openTestDisk({ folder, state });
  });

  test("works with a state directory whose path is longer than that of a socket may be", async () => {
    const { folder, state } = makeFolder();
    const long = join(state, ...Array.from({ length: 20 }, () => "a-long-name"));
    await openTestDisk({ folder, state: long });
    await expect(openDisk({ folder, state: long })).rejects.toMatchObject({ code: "in-use" });
  });

  test("is opened by one of several that start at the same moment, or one after the other", async () => {
    const place = makeFolder();
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => openTestDisk(place)));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected")
        expect(outcome.reason).toMatchObject({ name: "StateError", code: "in-use" });
    }
  });
});

describe("a disk is refused", () => {
  test("while another one is open on the state", async () => {
    const disk = await makeTestDisk();
    const { folder, state } = disk;
    await expect(openDisk({ folder, state })).rejects.toMatchObject({ name: "StateError", code: "in-use" });
    expect((await disk.tree.lookup(at("/")))?.kind).toBe("collection");
  });

  test("if the state belongs to another folder", async () => {
    const disk = await makeTestDisk();
    await disk.close();
    const other = makeFolder().folder;
    const refusal = expect(openDisk({ folder: other, state: disk.state })).rejects;
    await refusal.toMatchObject({ code: "other-folder", message: expect.stringContaining(disk.folder) });
  });

  test("and not, if its folder was moved and that is accepted: properties are those that were", async () => {
    const disk = await makeTestDisk();
    writeFileSync(disk.local("a"), "a");
    await disk.tree.patchProperties(at("/a"), [{ action: "set", property }]);
    await disk.close();
    const moved = `${disk.folder}-moved`;
    renameSync(disk.folder, moved);
    const place = { folder: moved, state: disk.state };
    await (await openTestDisk({ ...place, acceptNewRoot: true })).close();
    const again = await openTestDisk(place);
    expect(await again.tree.properties(at("/a"))).toEqual([property]);
  });

  test("if a newer version wrote the state, and changes nothing", async () => {
    const disk = await makeTestDisk();
    await disk.close();
    const database = open({ path: join(disk.state, "state.mdb"), maxDbs: 32 });
    await database.openDB({ name: "about", encoding: "json" }).put([0, "format"], 3);
    await database.close();
    const before = readFileSync(join(disk.state, "state.mdb"));
    const { folder, state } = disk;
    const refusal = expect(openDisk({ folder, state })).rejects;
    await refusal.toMatchObject({ code: "newer-format", message: expect.stringContaining("format 3") });
    expect(readFileSync(join(disk.state, "state.mdb")).equals(before)).toBe(true);
  });

  test.each([
    ["is something else", (file: string) => writeFileSync(file, "not a database".repeat(1000))],
    ["is cut off in its head", (file: string) => truncateSync(file, 100)],
    ["is cut off after its first page", (file: string) => truncateSync(file, 5000)],
    ["lacks its end", (file: string) => truncateSync(file, statSync(file).size - 80 * 4096)],
  ])("if the database %s, and names the file", async (_name, damage) => {
    const disk = await makeTestDisk();
    for (let i = 0; i < 5; i += 1) {
      const xml = `<a>${"x".repeat(100_000)}</a>`;
      const name = { namespace: "urn:example", local: `a${i}` };
      await disk.tree.patchProperties(at("/"), [{ action: "set", property: { name, xml } }]);
    }
    await disk.close();
    const { folder, state } = disk;
    const file = join(state, "state.mdb");
    damage(file);
    const before = readFileSync(file);
    const refusal = expect(openDisk({ folder, state })).rejects;
    await refusal.toMatchObject({ code: "corrupt", message: expect.stringContaining(file) });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test("if the folder is missing, or a file", async () => {
    const { folder, state } = makeFolder();
    await expect(openDisk({ folder: join(folder, "none"), state })).rejects.toMatchObject({
      code: "unusable",
    });
    writeFileSync(join(folder, "file"), "");
    await expect(openDisk({ folder: join(folder, "file"), state })).rejects.toMatchObject({
      code: "unusable",
    });
  });

  test("if the state directory cannot be made", async () => {
    const { folder } = makeFolder();
    mkdirSync(join(folder, "c"));
    writeFileSync(join(folder, "c/file"), "");
    const refusal = expect(openDisk({ folder, state: join(folder, "c/file/state") })).rejects;
    await refusal.toMatchObject({ code: "unusable" });
  });
});
