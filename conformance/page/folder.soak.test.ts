/** A folder on the page. */
import { expect, test } from "vitest";
import { describePage, plant, rowNames, violations } from "./describe-page.ts";

describePage("the page", ({ site, open }) => {
  test("shows a folder, goes into another and back, sorts and filters, by keys too", async () => {
    const { origin, tree } = await site();
    await plant(tree, "/b 10.txt", "/b 2.txt", "/a/", "/a/inside.txt");
    const page = await open(`${origin}/`);
    expect(await rowNames(page)).toEqual(["a", "b 2.txt", "b 10.txt"]);
    expect(await page.locator(".count").textContent()).toBe("3 items");
    await page.locator(".list").focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(`${origin}/a/`);
    await page.getByText("inside.txt").waitFor();
    expect(await page.title()).toBe("a");
    await page.goBack();
    await page.getByText("b 10.txt").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("10");
    expect(await rowNames(page)).toEqual(["b 10.txt"]);
    await page.keyboard.press("Escape");
    await page.getByRole("columnheader", { name: "Name" }).getByRole("button").click();
    expect(await rowNames(page)).toEqual(["a", "b 10.txt", "b 2.txt"]);
    expect(await violations(page)).toEqual([]);
  });

  test("an address without its slash, one where nothing is, and an empty folder", async () => {
    const { origin, tree } = await site();
    await plant(tree, "/a/", "/a/b/");
    const page = await open(`${origin}/a`);
    expect(page.url()).toBe(`${origin}/a/`);
    await page.getByText("b", { exact: true }).click();
    await page.getByRole("heading", { name: "This folder is empty" }).waitFor();
    expect(await violations(page)).toEqual([]);
  });

  test("names and languages that go from right to left, and another language of the page", async () => {
    const { origin, tree } = await site();
    await plant(tree, "/مرحبا.txt");
    const page = await open(`${origin}/`, { locale: "de-AT" });
    expect(await page.locator("html").getAttribute("lang")).toBe("de-AT");
    expect(await page.locator(".count").textContent()).toBe("1 Element");
  });
});

describePage("dark, and on a phone", ({ site, open }) => {
  test.each([
    { colorScheme: "dark", viewport: { width: 1280, height: 800 } },
    { colorScheme: "light", viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
    { colorScheme: "dark", viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
    { colorScheme: "light", viewport: { width: 320, height: 600 }, reducedMotion: "reduce" },
  ] as const)("axe-core has nothing to say, and nothing is wider than the screen: %j", async (options) => {
    const { origin, tree } = await site();
    await plant(tree, "/a/", `/${"a long name ".repeat(12).trim().replaceAll(" ", "%20")}.txt`);
    const page = await open(`${origin}/`, options);
    const check = async (): Promise<void> => {
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(
        options.viewport.width,
      );
    };
    await check();
    await page.getByLabel("Select a", { exact: true }).click();
    await check();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").waitFor();
    await check();
    await page.keyboard.press("Escape");
    await page.getByLabel("Select a", { exact: true }).click();
    const file = { name: "new.txt", mimeType: "text/plain", buffer: Buffer.from("text") };
    await page.locator('input[type="file"]').first().setInputFiles([file]);
    await page.getByText("All done").waitFor();
    await check();
  });
});

describePage("a browser without script", ({ site, context }) => {
  test("gets the listing, whole and with its style", async () => {
    const { origin, tree } = await site();
    await plant(tree, "/a/", "/b.txt");
    const page = await (await context({ javaScriptEnabled: false })).newPage();
    await page.goto(`${origin}/`);
    expect(await page.locator("tbody a").allTextContents()).toEqual(["a/", "b.txt"]);
    expect(await page.evaluate("getComputedStyle(document.body).maxWidth")).toBe("1024px");
  });
});
