/** Long work that somebody stops, or that is over: what is said of it, and where it leads. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { describePage, type PageSite, plant, stopped, violations } from "./describe-page.ts";

const photos = ["/photos/", ...Array.from({ length: 6 }, (_, index) => `/photos/${index}`)];
const tray = (page: Page) => page.getByRole("region", { name: "In progress" });
const stops = ({ asked }: PageSite) => asked.filter((one) => /^POST .*\/cancel$/.test(one));

/** Copies the folder beside itself. */
async function copyPhotos(page: Page): Promise<void> {
  await page.getByLabel("Select photos", { exact: true }).click();
  await page.getByRole("toolbar").getByRole("button", { name: "Copy", exact: true }).click();
  await page.getByRole("button", { name: "Copy here" }).click();
  await tray(page).getByText("Copy “photos”").waitFor();
}

/** The path of the operation that this browser began last. */
async function ownOperation(page: Page): Promise<string> {
  const place = "/.meanwhile/operations/";
  const ids = await page.evaluate<string>(`localStorage.getItem("meanwhile ${place}")`);
  return place + (JSON.parse(ids) as readonly string[])[0];
}

describePage("long work that is stopped", ({ site, open }) => {
  test("is no failure: how far it came, and that nothing was changed, there again after a reload", async () => {
    const scene = await site();
    await plant(scene.tree, ...photos);
    scene.gate.allow(3);
    const page = await open(`${scene.origin}/`);
    await copyPhotos(page);
    await tray(page)
      .getByText(/3 of 7 items/)
      .waitFor();
    await stopped(page, () => tray(page).getByRole("button", { name: "Stop" }).dblclick());
    scene.gate.allowUpTo(100);
    const line = /^Stopped by you at [34] of 7 items: nothing was copied · /;
    for (const _ of ["at once", "after a reload"]) {
      await tray(page).getByText(line).waitFor();
      expect(await tray(page).locator(".bad, .sign-bad, .sign-good").count()).toBe(0);
      expect(await tray(page).innerText()).not.toMatch(/409|folder that it goes to/);
      expect(await page.getByRole("dialog").count()).toBe(0);
      expect(await violations(page)).toEqual([]);
      await page.reload({ waitUntil: "commit" });
    }
    expect(stops(scene)).toHaveLength(1);
    expect(await scene.send("GET", "/photos%20(2)/")).toBe(404);
  });

  test("says so on its own page and in the list, as it happens and later, and leads back to the files", async () => {
    const { origin, tree, gate } = await site();
    await plant(tree, ...photos);
    gate.allow(3);
    const page = await open(`${origin}/`);
    await copyPhotos(page);
    await page.goto(origin + (await ownOperation(page)));
    await stopped(page, () => page.getByRole("button", { name: "Stop it" }).dblclick());
    gate.allowUpTo(100);
    for (const _ of ["at once", "after a reload"]) {
      await page.locator("#state", { hasText: /^Stopped on request$/ }).waitFor();
      await page.locator("#remark", { hasText: /^nothing was changed$/ }).waitFor();
      expect(await page.title()).toBe("COPY: Stopped on request");
      expect(await page.locator("main").innerText()).not.toContain("409");
      expect(await violations(page)).toEqual([]);
      await page.reload();
    }
    await page.getByRole("link", { name: "All operations" }).click();
    await page.getByRole("cell", { name: "Stopped on request", exact: true }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole("link", { name: "All files" }).click();
    await page.getByLabel("Select photos", { exact: true }).waitFor();
    expect(page.url()).toBe(`${origin}/`);
  });

  test("a deletion tells how much was deleted", async () => {
    const { origin, tree, gate } = await site();
    await plant(tree, ...photos);
    gate.allow(3);
    const page = await open(`${origin}/`);
    await page.getByLabel("Select photos", { exact: true }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await tray(page).getByText("Delete “photos”").waitFor();
    await stopped(page, () => tray(page).getByRole("button", { name: "Stop" }).click());
    gate.allowUpTo(4);
    await tray(page)
      .getByText(/^Stopped by you: [34] of 7 items deleted · /)
      .waitFor();
  });

  test("a stop that did not arrive can be asked for again", async () => {
    let refuses = true;
    const scene = await site({
      intercept: ({ method, url = "", socket }) => {
        if (!refuses || method !== "POST" || !url.endsWith("/cancel")) return false;
        refuses = false;
        socket.destroy();
        return true;
      },
    });
    await plant(scene.tree, ...photos);
    scene.gate.allow(3);
    const page = await open(`${scene.origin}/`);
    await copyPhotos(page);
    await tray(page).getByRole("button", { name: "Stop" }).click();
    await tray(page)
      .getByText(/^Stopping/)
      .waitFor();
    await expect.poll(() => stops(scene).length).toBe(2);
    scene.gate.allowUpTo(100);
    await tray(page)
      .getByText(/^Stopped by you/)
      .waitFor();
  });
});

describePage("long work that is done", ({ site, open }) => {
  test("stays in the tray after a reload, open as it was, and leads to what was made", async () => {
    const { origin, tree, gate } = await site();
    await plant(tree, ...photos);
    gate.allow(1);
    const page = await open(`${origin}/`);
    await copyPhotos(page);
    // What is over within a second is no news.
    await tray(page)
      .getByText(/0:0[1-9] so far/)
      .waitFor();
    gate.allowUpTo(100);
    for (const _ of ["at once", "after a reload"]) {
      await tray(page)
        .getByText(/^Done · 7 items · /)
        .waitFor();
      await page.reload({ waitUntil: "commit" });
    }
    await tray(page).getByRole("link", { name: "Open: Copy “photos”" }).click();
    await page.getByRole("link", { name: "5", exact: true }).waitFor();
    expect(page.url()).toBe(`${origin}/photos%20%282%29/`);
    // What stands in another folder is shown there.
    await tray(page).getByRole("link", { name: "Show: Copy “photos”" }).click();
    await page.getByRole("link", { name: "photos (2)" }).waitFor();
    await tray(page).getByRole("button", { name: "All done" }).click();
    await page.reload({ waitUntil: "commit" });
    await tray(page).getByRole("button", { name: "All done", expanded: false }).waitFor();
  });
});

describePage("long work on a phone", ({ site, open }) => {
  for (const colorScheme of ["light", "dark"] as const)
    test(`is begun, seen in the tray and stopped by touch; nothing is wider than the screen: ${colorScheme}`, async () => {
      const width = 390;
      const scene = await site();
      const long = `/${"a%20long%20name%20".repeat(8)}.txt`;
      await plant(scene.tree, ...photos, long);
      scene.gate.allow(3);
      const viewport = { width, height: 844 };
      const page = await open(`${scene.origin}/`, { viewport, isMobile: true, hasTouch: true, colorScheme });
      const fits = async (): Promise<void> => {
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
        expect(await page.evaluate("visualViewport.width")).toBe(width);
        expect(await violations(page)).toEqual([]);
      };
      await page.getByLabel("Select photos", { exact: true }).tap();
      await page.getByRole("toolbar").getByRole("button", { name: "Copy", exact: true }).tap();
      await page.getByRole("dialog").waitFor();
      await fits();
      await page.getByRole("button", { name: "Copy here" }).tap();
      await tray(page).getByRole("button", { name: "1 task in progress" }).tap();
      await tray(page)
        .getByText(/3 of 7 items/)
        .waitFor();
      await fits();
      const stop = tray(page).getByRole("button", { name: "Stop" });
      expect((await stop.boundingBox())?.height ?? 0).toBeGreaterThanOrEqual(28);
      await stopped(page, () => stop.tap());
      scene.gate.allowUpTo(100);
      await tray(page)
        .getByText(/^Stopped by you at [34] of 7 items: nothing was copied/)
        .waitFor();
      await fits();
      await tray(page).getByRole("button", { name: "Hide: Copy “photos”" }).tap();
      await tray(page).waitFor({ state: "hidden" });
      expect(stops(scene)).toHaveLength(1);
      await page.getByLabel("Select photos", { exact: true }).waitFor();
    });
});
