/** "Replace" replaces what was seen: what others write between the question and the request is not lost. */
import { parsePath } from "@meanwhile/dav";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { describePage, type PageSite, plant, violations } from "./describe-page.ts";

const another = "what somebody else wrote";
const question = (page: Page, name: string) =>
  page.getByRole("dialog", { name: `“${name}” is there already` });
const changed = "It was changed since you answered. Nothing was replaced.";

async function answer(page: Page, choice: "Keep both" | "Replace" | "Skip"): Promise<void> {
  await page.getByLabel(choice).check();
  await page.getByRole("button", { name: "Go on", exact: true }).click();
}

async function transfer(page: Page, kind: "Copy" | "Move", ...names: readonly string[]): Promise<void> {
  for (const name of names) await page.getByLabel(`Select ${name}`, { exact: true }).click();
  await page.getByRole("toolbar").getByRole("button", { name: kind, exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "to", exact: true }).click();
  await page.locator(".where strong", { hasText: "to" }).waitFor();
  await page.getByRole("button", { name: `${kind} here` }).click();
}

async function lengthOf({ tree }: PageSite, path: string): Promise<number | undefined> {
  const found = await tree.lookup(parsePath(path));
  return found?.kind === "document" ? found.length : undefined;
}

describePage("a second writer between the question and the answer", ({ site, open }) => {
  for (const kind of ["Copy", "Move"] as const)
    test(`${kind}: is asked about anew, with what is there now, and then replaced`, async () => {
      const scene = await site();
      await plant(scene.tree, "/a", "/to/", "/to/a");
      const page = await open(`${scene.origin}/`);
      await transfer(page, kind, "a");
      await question(page, "a").getByText("There: 5 B").waitFor();
      expect(await scene.send("PUT", "/to/a", { content: another })).toBe(204);
      await answer(page, "Replace");
      await question(page, "a").getByText(changed).waitFor();
      await question(page, "a").getByText(`There: ${another.length} B`).waitFor();
      expect(await violations(page)).toEqual([]);
      expect(await lengthOf(scene, "/to/a")).toBe(another.length);
      await answer(page, "Replace");
      await page.getByText(/^1 item (?:copied|moved)$/).waitFor();
      expect(await lengthOf(scene, "/to/a")).toBe("/a".length);
    });

  test("what was skipped is not counted as done, and what is gone by then is not asked about twice", async () => {
    const scene = await site();
    await plant(scene.tree, "/a", "/b", "/to/", "/to/a", "/to/b");
    const page = await open(`${scene.origin}/`);
    await transfer(page, "Copy", "a", "b");
    await question(page, "a").waitFor();
    await answer(page, "Skip");
    await question(page, "b").waitFor();
    expect(await scene.send("DELETE", "/to/b")).toBe(204);
    await answer(page, "Replace");
    await page.getByText("1 item copied", { exact: true }).waitFor();
    expect([await lengthOf(scene, "/to/a"), await lengthOf(scene, "/to/b")]).toEqual([5, 2]);
  });

  test("a folder is put in no file's place, nor a file in a folder's: that is not offered", async () => {
    const scene = await site();
    await plant(scene.tree, "/a", "/b/", "/to/", "/to/a/", "/to/a/x", "/to/b");
    const page = await open(`${scene.origin}/`);
    await transfer(page, "Copy", "b", "a");
    for (const name of ["b", "a"]) {
      await question(page, name).waitFor();
      expect(await page.getByLabel("Replace").count()).toBe(0);
      await answer(page, "Keep both");
    }
    await page.getByText("2 items copied", { exact: true }).waitFor();
    expect(await scene.tree.lookup(parsePath("/to/a (2)"))).toMatchObject({ kind: "document" });
    expect(await scene.tree.lookup(parsePath("/to/b (2)"))).toMatchObject({ kind: "collection" });
    expect(await lengthOf(scene, "/to/a/x")).toBe(7);
  });

  test("one that takes long finds it at its end, and asks", async () => {
    const scene = await site();
    await plant(scene.tree, "/dir/", "/dir/1", "/dir/2", "/to/");
    const page = await open(`${scene.origin}/`);
    scene.gate.allow(1);
    await transfer(page, "Copy", "dir");
    await page.getByText("Copy “dir”").waitFor();
    // Not by a request: it would wait until the copy is done.
    await plant(scene.tree, "/to/dir/", "/to/dir/of-another");
    scene.gate.allowUpTo(100);
    await question(page, "dir").waitFor();
    await answer(page, "Keep both");
    await expect.poll(() => lengthOf(scene, "/to/dir (2)/2")).toBe("/dir/2".length);
    expect(await lengthOf(scene, "/to/dir/of-another")).toBe("/to/dir/of-another".length);
  });

  const kilobyte = 1024;
  for (const size of [1, 300 * kilobyte, 5 * kilobyte * kilobyte])
    test(`an upload of ${size} bytes is asked about anew, and sent once more`, async () => {
      const scene = await site();
      await plant(scene.tree, "/a.bin");
      const page = await open(`${scene.origin}/`);
      const file = { name: "a.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(size, 1) };
      await page.locator('input[type="file"]').first().setInputFiles([file]);
      await question(page, "a.bin").getByText("There: 6 B").waitFor();
      expect(await scene.send("PUT", "/a.bin", { content: another })).toBe(204);
      await answer(page, "Replace");
      await question(page, "a.bin").getByText(changed).waitFor();
      expect(await lengthOf(scene, "/a.bin")).toBe(another.length);
      await answer(page, "Replace");
      await page.getByText(/^Uploaded/).waitFor();
      expect(await lengthOf(scene, "/a.bin")).toBe(size);
    });

  test("the question shows size and time of both, be they of one day", async () => {
    const scene = await site();
    const minute = 60_000;
    const noon = new Date(2024, 1, 29, 12, 0).getTime();
    expect(
      await scene.send("PUT", "/a.txt", { content: another, fields: { "X-OC-Mtime": String(noon / 1000) } }),
    ).toBe(201);
    const page = await open(`${scene.origin}/`);
    await page.evaluate(`{
      const chosen = new DataTransfer();
      chosen.items.add(new File(["1234567"], "a.txt", { lastModified: ${noon + 3 * minute} }));
      const field = document.querySelector('input[type="file"]');
      field.files = chosen.files;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }`);
    const facts = question(page, "a.txt").locator(".facts-line");
    await facts.waitFor();
    expect((await facts.innerText()).replaceAll("\u202f", " ").split("\n")).toEqual([
      `There: ${another.length} B · Feb 29, 2024, 12:00 PM`,
      "New: 7 B · Feb 29, 2024, 12:03 PM",
    ]);
    expect(await violations(page)).toEqual([]);
  });

  test("a large file of the same size and time is said to be probably the same, and skipped where nothing else is chosen", async () => {
    const scene = await site();
    const page = await open(`${scene.origin}/`);
    const choose = (): Promise<unknown> =>
      page.evaluate(`{
        const file = new File([new Uint8Array(5 * 1024 * 1024)], "a.bin", { lastModified: 1_700_000_000_123 });
        const chosen = new DataTransfer();
        chosen.items.add(file);
        const field = document.querySelector('input[type="file"]');
        field.files = chosen.files;
        field.dispatchEvent(new Event("change", { bubbles: true }));
      }`);
    await choose();
    await page.getByText(/^Uploaded/).waitFor();
    await choose();
    await question(page, "a.bin")
      .getByText("Both have the same size and time: it is probably the same file.")
      .waitFor();
    await page.keyboard.press("Enter");
    await page.getByText(/^Skipped/).waitFor();
    expect(scene.asked.filter((one) => one.startsWith("PUT"))).toHaveLength(1);
  });
});
