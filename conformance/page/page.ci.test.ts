/** The page in a browser: one example of each thing, in one window. `npm run soak -- page` has the rest. */
import { parsePath } from "@meanwhile/dav";
import { expect, test } from "vitest";
import { describePage, plant, violations } from "./describe-page.ts";

describePage("what is done on the page", ({ site, open }) => {
  test("a new folder; uploads, of which one is there already; a long copy in the tray, there again after a reload", async () => {
    const { origin, tree, gate, asked } = await site();
    await plant(tree, "/notes.txt", "/photos/", "/photos/1", "/photos/2", "/photos/3");
    const page = await open(`${origin}/`);

    await page.getByRole("button", { name: "New folder" }).click();
    await page.getByLabel("Name", { exact: true }).fill("a/b");
    expect(await page.getByRole("button", { name: "Create" }).isDisabled()).toBe(true);
    await page.getByLabel("Name", { exact: true }).fill("Ünï 100%");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Ünï 100%" }).waitFor();

    await page
      .locator('input[type="file"]')
      .first()
      .setInputFiles([file("notes.txt"), file("b.txt")]);
    const conflict = page.getByRole("dialog", { name: "“notes.txt” is there already" });
    await conflict.waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "notes (2).txt" }).waitFor();
    await page.getByRole("link", { name: "b.txt" }).waitFor();
    expect(await tree.lookup(parsePath("/notes.txt"))).toMatchObject({ length: "/notes.txt".length });

    gate.allow(2);
    await page.getByLabel("Select photos").click();
    await page.getByRole("button", { name: "Copy", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Ünï 100%" }).click();
    await page.getByText("There is no folder in it.").waitFor();
    await page.getByRole("button", { name: "Copy here" }).click();
    const tray = page.getByRole("region", { name: "In progress" });
    await tray.getByText("Copy “photos”").waitFor();
    await page.reload();
    await tray.getByText("Copy “photos”").waitFor();
    await tray.getByRole("button", { name: "Stop" }).waitFor();
    expect(await violations(page)).toEqual([]);
    gate.allowUpTo(100);
    await tray.getByText(/^Done/).waitFor();
    expect(await tree.lookup(parsePath(encodeURI("/Ünï 100%/photos/3")))).toBeDefined();
    expect(asked.filter((one) => one.startsWith("COPY"))).toHaveLength(1);
  });
});

function file(name: string) {
  return { name, mimeType: "text/plain", buffer: Buffer.from(`new ${name}`) };
}
