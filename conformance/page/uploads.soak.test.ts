/** A large upload by the page: its connections are cut, its server is killed, the page is loaded again. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { digestOfFile, type UploadsScene, uploadsScene } from "../client/uploads-scene.ts";
import { seed } from "../random.ts";
import { soak } from "../soak.ts";
import { describePage } from "./describe-page.ts";

const megabyte = 1024 * 1024;
const size = soak ? 1024 * megabyte : 64 * megabyte;
const cuts = soak ? 20 : 4;
const kills = soak ? 5 : 1;
const timeout = soak ? 900_000 : 120_000;

async function withScene(act: (scene: UploadsScene) => Promise<void>): Promise<void> {
  const scene = await uploadsScene();
  try {
    await act(scene);
  } finally {
    await scene.leave();
  }
}

describePage("large uploads by the page", ({ open }) => {
  test(
    `${size / megabyte} MiB, cut ${cuts} times, the server killed ${kills} times: one whole document`,
    async () => {
      await withScene(async (scene) => {
        const file = scene.file("large.bin", size, seed);
        const page = await open(scene.url);
        await page.locator('input[type="file"]').first().setInputFiles([file]);
        const incidents = cuts + kills;
        for (let incident = 1; incident <= incidents; incident += 1) {
          await scene.reached((size * incident) / (incidents + 1));
          if (incident % Math.ceil(incidents / kills) === 0) {
            await scene.kill();
            await scene.restart();
          } else scene.proxy.cutAll();
        }
        await page.getByText("Uploaded", { exact: false }).first().waitFor({ timeout });
        expect(digestOfFile(join(scene.folder, "large.bin"))).toBe(digestOfFile(file));
        for (const { at, told } of scene.appends) expect(at).toBe(told);
        expect(scene.appends.length).toBeGreaterThan(cuts);
        expect(scene.hidden()).toEqual([]);
        process.stdout.write(
          `${size / megabyte} MiB: ${scene.proxy.cuts} connections cut, ${scene.appends.length} appends, ` +
            `${((scene.passed - size) / megabyte).toFixed(1)} MiB sent more than once\n`,
        );
      });
    },
    timeout,
  );

  test("after a reload it goes on, once the file is chosen again", { timeout }, async () => {
    await withScene(async (scene) => {
      const file = scene.file("large.bin", 48 * megabyte, seed);
      const page = await open(scene.url);
      await page.locator('input[type="file"]').first().setInputFiles([file]);
      await scene.reached(24 * megabyte);
      scene.proxy.cutAll();
      // Else the page would go on by itself.
      await page.goto("about:blank");
      await page.goto(scene.url);
      expect(scene.hidden().length).toBe(1);
      const before = scene.passed;
      await page.locator('input[type="file"]').first().setInputFiles([file]);
      await page.getByText(/^Uploaded · .* · went on at \d+(\.\d)? MB$/).waitFor();
      expect(digestOfFile(join(scene.folder, "large.bin"))).toBe(digestOfFile(file));
      expect(scene.passed - before).toBeLessThan(48 * megabyte);
      for (const { at, told } of scene.appends) expect(at).toBe(told);
    });
  });

  test("while it goes on after a lost connection its row says from where on, without a reload", {
    timeout,
  }, async () => {
    await withScene(async (scene) => {
      const file = scene.file("large.bin", 64 * megabyte, seed);
      const page = await open(scene.url);
      // Of what is on its way most is lost: the rest takes long enough to be seen.
      await page.locator('input[type="file"]').first().setInputFiles([file]);
      await scene.reached(24 * megabyte);
      await scene.kill();
      const row = page.getByRole("region", { name: "In progress" }).locator("li", { hasText: "large.bin" });
      await row.getByText("The connection was lost. It is tried again by itself.").waitFor();
      await page.evaluate(`{
        globalThis.rows = [];
        const row = document.querySelector(".tray-body ul li");
        new MutationObserver(() => rows.push(row.innerText)).observe(row, { childList: true, subtree: true, characterData: true });
      }`);
      await scene.restart();
      await row.getByText(/^Uploaded · .* · went on at \d+(\.\d)? MB$/).waitFor({ timeout });
      const rows = await page.evaluate<readonly string[]>("rows");
      expect(rows.some((text) => /\d MB of 67 MB · went on at \d+(\.\d)? MB/.test(text))).toBe(true);
      expect(digestOfFile(join(scene.folder, "large.bin"))).toBe(digestOfFile(file));
    });
  });

  test("one that is cancelled leaves nothing at the server, which may be away just then", {
    timeout,
  }, async () => {
    await withScene(async (scene) => {
      const file = scene.file("large.bin", 96 * megabyte, seed);
      const page = await open(scene.url);
      await page.locator('input[type="file"]').first().setInputFiles([file]);
      await scene.reached(8 * megabyte);
      await scene.kill();
      await page.getByText("The connection was lost. It is tried again by itself.").waitFor();
      expect(scene.hidden().length).toBe(1);
      await page.getByRole("button", { name: "Cancel: large.bin" }).click();
      await page.getByText(/^Cancelled/).waitFor();
      await scene.restart();
      await expect.poll(() => scene.hidden()).toEqual([]);
      expect(await page.evaluate("JSON.stringify(localStorage)")).toBe("{}");
    });
  });
});
