/** Looking at files on the page, and dragging them. */
import { parsePath } from "@meanwhile/dav";
import { expect, test } from "vitest";
import { describePage, plant, rowNames, violations } from "./describe-page.ts";

/** One pixel. */
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

describePage("looking at files", ({ site, open }) => {
  test("short text and pictures are shown on the page, as what they are", async () => {
    const { origin, tree, send } = await site();
    await send("PUT", "/a.txt", { content: "<b>text</b>\n\u202eend" });
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>window.evil=1</script></svg>`;
    await send("PUT", "/b.svg", { content: svg });
    const draft = await tree.draft(parsePath("/c.png"), { length: png.length });
    await draft.write(png);
    await draft.commit({ modifiedMs: undefined });
    const page = await open(`${origin}/`);
    await page.getByRole("link", { name: "a.txt" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("<b>text</b>").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    for (const [name, width] of [
      ["b.svg", 9],
      ["c.png", 1],
    ] as const) {
      await page.getByRole("link", { name }).click();
      const image = dialog.getByRole("img", { name });
      await image.waitFor();
      await expect
        .poll(() => page.evaluate("document.querySelector('.preview img').naturalWidth"))
        .toBe(width);
      await dialog.getByRole("button", { name: "Close" }).click();
      await dialog.waitFor({ state: "hidden" });
    }
    expect(await page.evaluate("window.evil")).toBeUndefined();
    // All else is the browser's: HTML, sandboxed.
    await send("PUT", "/d.html", { content: "<title>opened</title>" });
    await page.reload();
    await page.getByRole("link", { name: "d.html" }).click();
    await page.waitForURL(`${origin}/d.html`);
  });

  test("what is dragged to a folder, below or above, is moved there", async () => {
    const { origin, tree } = await site();
    await plant(tree, "/dir/", "/dir/inner/", "/dir/x", "/dir/y");
    const page = await open(`${origin}/dir/`);
    await page
      .getByRole("link", { name: "x", exact: true })
      .dragTo(page.getByRole("link", { name: "inner" }));
    await expect.poll(() => rowNames(page)).toEqual(["inner", "y"]);
    expect(await tree.lookup(parsePath("/dir/inner/x"))).toBeDefined();
    await page.getByRole("link", { name: "y", exact: true }).dragTo(page.getByRole("link", { name: "Home" }));
    await expect.poll(() => rowNames(page)).toEqual(["inner"]);
    expect(await tree.lookup(parsePath("/y"))).toBeDefined();
  });
});
