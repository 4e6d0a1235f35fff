/** From format 1 to format 2: nothing is lost, and wherever it ends, one of the two is there. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { describeWith, testWith } from "../../../../conformance/judge.ts";
import { expectUpgraded, testUpgradeKills } from "../testing/crash/upgrade-kills.ts";
import { openTestDisk } from "../testing/disk.ts";
import { filesIn, format1Members, inFormat1, makeFormat1 } from "../testing/format-1.ts";
import { mountTmpfs } from "../testing/tmpfs.ts";

function hidden(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.includes(".meanwhile-") && !name.includes("-root~"));
}

describeWith(["linux"], "a state of format 1", () => {
  test("becomes one of format 2 at the start, and its files stay in format-1/", async () => {
    const place = await makeFormat1();
    const before = filesIn(place.state);
    await expectUpgraded(place);
    expect(filesIn(join(place.state, "format-1"))).toEqual(before);
    const names = readdirSync(place.state).filter((name) => !name.endsWith("-lock"));
    expect(names.sort()).toEqual([
      ...["contents", "data.mdb", "data.mdb-changes", "format-1"],
      ...["reserve", "state.mdb", "state.mdb-changes"],
    ]);
    await expectUpgraded(place);
  });

  test("has its unfinished works undone where nobody resumes them, with names that have no owner", async () => {
    const { folder, state } = await makeFormat1();
    writeFileSync(join(folder, ".meanwhile-put-0123~"), "a draft");
    await inFormat1(state, "temporaries", (table) => table.put("directory of a draft", { directory: "/" }));
    expect(hidden(folder).length).toBeGreaterThan(10);
    const disk = await openTestDisk({ folder, state });
    await disk.tree.recovered?.(new Set());
    expect(hidden(folder)).toEqual([]);
    for (const name of format1Members) expect(existsSync(join(folder, "moved", name))).toBe(true);
    expect(existsSync(join(folder, "copy"))).toBe(false);
  });

  test("is refused where it belongs to another folder, or a newer program wrote it; nothing is changed", async () => {
    const { folder, state } = await makeFormat1();
    await inFormat1(state, "about", (about) => about.put("format", 7));
    const before = filesIn(state);
    await expect(openTestDisk({ folder, state })).rejects.toMatchObject({
      code: "newer-format",
      message: expect.stringContaining("format 7"),
    });
    expect(filesIn(state)).toEqual(before);
  });

  test("that is damaged is refused, and nothing is changed", async () => {
    const { folder, state } = await makeFormat1();
    writeFileSync(join(state, "journal/journal.mdb"), "not a database".repeat(1000));
    const before = filesIn(state);
    await expect(openTestDisk({ folder, state })).rejects.toMatchObject({
      code: "corrupt",
      message: expect.stringContaining("journal.mdb"),
    });
    expect(filesIn(state)).toEqual(before);
  });
});

testWith(["linux", "tmpfs"], "on a full disk format 1 stays as it is, and the start says so", async () => {
  const { folder, state } = await makeFormat1();
  const disk = `${state}-disk`;
  mkdirSync(disk);
  onTestFinished(mountTmpfs(disk, "2m"));
  for (const [name, content] of filesIn(state)) {
    mkdirSync(join(disk, name, ".."), { recursive: true });
    writeFileSync(join(disk, name), content, "latin1");
  }
  writeFileSync(join(disk, "filling"), Buffer.alloc(1_350_000));
  const before = filesIn(disk);
  await expect(openTestDisk({ folder, state: disk })).rejects.toMatchObject({ code: "no-space" });
  expect(filesIn(disk)).toEqual(before);
  rmSync(join(disk, "filling"));
  await expectUpgraded({ folder, state: disk });
});

testUpgradeKills("every twelfth");
