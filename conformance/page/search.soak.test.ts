/** Searching below a folder. */
import { expect, test } from "vitest";
import { describePage, plant, violations } from "./describe-page.ts";

describePage("a search below a folder", ({ site, open }) => {
  test("finds names however they are written, tells how much it looked at, and leads there", async () => {
    const { origin, tree } = await site();
    await plant(tree, "/a/", "/a/b/", "/a/b/R%C3%89PORT.txt", "/a/reports/", "/a/x", "/report.txt");
    const page = await open(`${origin}/a/`);
    await page.getByRole("searchbox").fill("report");
    await page.getByRole("banner").getByRole("button", { name: "Search below" }).click();
    const dialog = page.getByRole("dialog", { name: "“report” below “a”" });
    await dialog.getByText("2 found in 4 items").waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await dialog.getByRole("link").allTextContents()).toEqual(
      expect.arrayContaining(["R\u00c9PORT.txt", "reports"]),
    );
    await dialog.getByText("Home / a / b").waitFor();
    await dialog.getByRole("link", { name: "R\u00c9PORT.txt" }).click();
    await page.getByRole("link", { name: "R\u00c9PORT.txt" }).waitFor();
    expect(page.url()).toBe(`${origin}/a/b/`);
  });

  test("is offered where nothing in the folder has the name", async () => {
    const { origin, tree } = await site();
    await plant(tree, "/a/", "/a/deep.txt");
    const page = await open(`${origin}/`);
    await page.getByRole("searchbox").fill(" deep ");
    await page.locator(".notice").getByRole("button", { name: "Search below" }).click();
    await page
      .getByRole("dialog", { name: "“deep” below “Home”" })
      .getByRole("link", { name: "deep.txt" })
      .waitFor();
  });

  test("can be stopped, and ends at so many", async () => {
    const { origin, tree } = await site();
    await plant(tree, "/d/", ...Array.from({ length: 600 }, (_, index) => `/d/f${index}`));
    const page = await open(`${origin}/`);
    await page.getByRole("searchbox").fill("f");
    await page.getByRole("banner").getByRole("button", { name: "Search below" }).click();
    await page.getByText(/^Stopped at 500, after 5\d\d items/).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    // One that a slow server holds up.
    await page.route("**/*", (route) =>
      route.request().method() === "PROPFIND" ? undefined : route.continue(),
    );
    await page.getByRole("banner").getByRole("button", { name: "Search below" }).click();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Stopped: 0 found in 0 items").waitFor();
  });
});
