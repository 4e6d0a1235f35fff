/** What people do with files on the page. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePath } from "@meanwhile/dav";
import type { Tree } from "@meanwhile/server/store";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { describePage, plant, rowNames, violations } from "./describe-page.ts";

const there = async (tree: Tree, path: string): Promise<number | "folder" | undefined> => {
  const resource = await tree.lookup(parsePath(encodeURI(path)));
  return resource?.kind === "collection" ? "folder" : resource?.length;
};
const select = async (page: Page, ...names: readonly string[]): Promise<void> => {
  for (const name of names) await page.getByLabel(`Select ${name}`, { exact: true }).click();
};
const tool = (page: Page, name: string) =>
  page.getByRole("toolbar").getByRole("button", { name, exact: true });

describePage("files on the page", ({ site, open }) => {
  test("rename: nothing is replaced, and a name that is taken is told", async () => {
    const { origin, tree } = await site();
    await plant(tree, "/a.txt", "/b.txt", "/dir/", "/dir/c");
    const page = await open(`${origin}/`);
    await select(page, "a.txt");
    await tool(page, "Rename").click();
    const field = page.getByLabel("Name", { exact: true });
    // The ending stays, unless it is meant.
    await expect.poll(() => page.evaluate("document.activeElement.selectionEnd")).toBe(1);
    await field.fill("b.txt");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "That did not work" }).getByText("is there already").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Enter");
    expect(await there(tree, "/b.txt")).toBe("/b.txt".length);
    await page.getByRole("link", { name: "dir" }).waitFor();
    await select(page, "dir");
    await tool(page, "Rename").click();
    await field.fill("é #1?");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "é #1?" }).waitFor();
    expect(await tree.lookup(parsePath("/%C3%A9%20%231%3F/c"))).toBeDefined();
  });

  test("delete asks with the count, and Escape keeps all; by keys, too", async () => {
    const { origin, tree } = await site();
    await plant(tree, "/a", "/b", "/c/", "/c/d");
    const page = await open(`${origin}/`);
    await page.getByRole("grid").focus();
    await page.keyboard.press("Control+a");
    await tool(page, "Delete").click();
    const question = page.getByRole("dialog", { name: "Delete 3 items?" });
    await question.getByText("1 item inside will be deleted, too.").waitFor();
    // What goes with them is told once.
    expect(await question.getByText("Folders go with all that is in them").count()).toBe(0);
    await question.getByText("This cannot be undone.").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await question.waitFor({ state: "hidden" });
    expect(await there(tree, "/c")).toBe("folder");
    await page.keyboard.press("Delete");
    await question.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "This folder is empty" }).waitFor();
    expect(await there(tree, "/c")).toBeUndefined();
  });

  test("move into a folder below, and a conflict that is answered for all", async () => {
    const { origin, tree, asked } = await site();
    await plant(tree, "/1", "/2", "/3", "/4", "/to/", "/to/1", "/to/2", "/to/3");
    const page = await open(`${origin}/`);
    await select(page, "1", "2", "3", "4");
    await tool(page, "Move").click();
    await page.getByRole("dialog").getByRole("button", { name: "to", exact: true }).click();
    await page.getByText("There is no folder in it.").waitFor();
    await page.getByRole("button", { name: "Move here" }).click();
    await page.getByRole("dialog", { name: "“1” is there already" }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByLabel("Skip").check();
    await page.getByRole("button", { name: "Go on", exact: true }).click();
    await page.getByRole("dialog", { name: "“2” is there already" }).waitFor();
    await page.getByLabel("Replace").check();
    await page.getByLabel("The same for the 2 that follow").check();
    await page.getByRole("button", { name: "Go on", exact: true }).click();
    await page.getByText("2 items", { exact: true }).waitFor();
    expect(await rowNames(page)).toEqual(["to", "1"]);
    const lengths = await Promise.all(["/to/1", "/to/2", "/to/3", "/to/4"].map((path) => there(tree, path)));
    // Content is the path that it was planted at: "/to/1" was kept, "/2" and "/3" replaced what was there.
    expect(lengths).toEqual([5, 2, 2, 2]);
    expect(asked.filter((one) => one.startsWith("MOVE")).length).toBe(6);
  });

  test("a copy beside itself, and a folder that cannot be copied into itself", async () => {
    const { origin, tree } = await site();
    await plant(tree, "/a.txt", "/dir/");
    const page = await open(`${origin}/`);
    await select(page, "a.txt");
    await tool(page, "Copy").click();
    await page.getByRole("button", { name: "Copy here" }).click();
    await page.getByRole("link", { name: "a (2).txt" }).waitFor();
    await select(page, "dir");
    await tool(page, "Copy").click();
    const itself = page.getByRole("dialog").getByRole("button", { name: "dir", exact: true });
    await itself.waitFor();
    expect(await itself.isDisabled()).toBe(true);
    expect(await violations(page)).toEqual([]);
  });

  test("a folder is uploaded with all that is in it, by the button", async () => {
    const { origin, tree } = await site();
    const place = mkdtempSync(join(tmpdir(), "meanwhile-upload-"));
    try {
      mkdirSync(join(place, "top", "sub dir"), { recursive: true });
      writeFileSync(join(place, "top", "a.txt"), "aa");
      writeFileSync(join(place, "top", "sub dir", "ü.txt"), "bbb");
      const page = await open(`${origin}/`);
      await page.locator('input[type="file"]').nth(1).setInputFiles(join(place, "top"));
      await page.getByText("All done").waitFor();
      expect(await there(tree, "/top/a.txt")).toBe(2);
      expect(await there(tree, "/top/sub dir/ü.txt")).toBe(3);
      await page.getByRole("link", { name: "top" }).waitFor();
    } finally {
      rmSync(place, { recursive: true });
    }
  });

  test("files are dropped on the page, and an upload is cancelled while it waits", async () => {
    const { origin, tree, bytes } = await site();
    const page = await open(`${origin}/`);
    bytes.allow(0);
    await page.evaluate(dropFiles);
    await page.getByText("Uploading 4 files").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole("button", { name: "Cancel: 4.bin" }).click();
    await page.getByRole("button", { name: "Cancel: 2.bin" }).click();
    await page.getByText("Uploading 2 files").waitFor();
    bytes.allowUpTo(Number.POSITIVE_INFINITY);
    await page.getByText("All done").waitFor();
    const lengths = await Promise.all(
      ["/1.bin", "/2.bin", "/3.bin", "/4.bin"].map((path) => there(tree, path)),
    );
    expect(lengths).toEqual([8_000_000, undefined, 8_000_000, undefined]);
  });
});

/** Runs in the page. */
const dropFiles = `{
  const transfer = new DataTransfer();
  for (const name of ["1", "2", "3", "4"])
    transfer.items.add(new File([name.repeat(8_000_000)], name + ".bin"));
  const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
  document.body.dispatchEvent(new DragEvent("dragover", options));
  document.body.dispatchEvent(new DragEvent("drop", options));
}`;
