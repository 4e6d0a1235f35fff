/** Folders with very many members. */
import { parsePath } from "@meanwhile/dav";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { describePage } from "./describe-page.ts";

/** The longest that the page did not answer since it was loaded, in milliseconds; measured by frames that came late. */
async function longestPause(page: Page, act: () => Promise<void>): Promise<number> {
  await page.evaluate(watchFrames);
  await act();
  return page.evaluate<number>("seen.longest");
}

/** Runs in the page. */
const watchFrames = `
  globalThis.seen = { longest: 0, last: performance.now() };
  const look = (now) => {
    seen.longest = Math.max(seen.longest, now - seen.last);
    seen.last = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
`;

describePage("a folder with very many members", ({ site, open }) => {
  test.each([10_000, 100_000])(
    "%i: few rows are made, they are in order, and it can be scrolled, filtered and selected at once",
    async (count) => {
      const { origin, tree } = await site();
      for (let index = 0; index < count; index += 1) {
        const draft = await tree.draft(parsePath(`/file%20${index}`), { length: 0 });
        await draft.commit({ modifiedMs: undefined });
      }
      const page = await open(`${origin}/`, { viewport: { width: 1280, height: 800 } });
      await page
        .getByText(`${count.toLocaleString("en")} items`, { exact: true })
        .waitFor({ timeout: 100_000 });
      const rows = page.locator(".space .row");
      expect(await rows.count()).toBeLessThan(60);
      const pause = await longestPause(page, async () => {
        const grid = page.getByRole("grid");
        await grid.focus();
        await page.keyboard.press("End");
        await page.getByText(`file ${count - 1}`, { exact: true }).waitFor();
        await page.keyboard.press("PageUp");
        await page.keyboard.press("Home");
        await page.getByText("file 0", { exact: true }).waitFor();
      });
      console.log(`${count} members: longest pause while scrolling ${Math.round(pause)} ms`);
      expect(await rows.count()).toBeLessThan(60);
      await page.keyboard.press("Control+a");
      await page
        .getByRole("toolbar")
        .getByText(`${count.toLocaleString("en")} selected`)
        .waitFor();
      await page.keyboard.press("Escape");
      await page.keyboard.press("/");
      await page.keyboard.type(String(count - 7));
      await page.getByText(`file ${count - 7}`, { exact: true }).waitFor();
      // A stutter is what is seen: some frames. The machine may be busy with something else.
      if (count === 10_000) expect(pause).toBeLessThan(1000);
    },
    240_000,
  );
});
