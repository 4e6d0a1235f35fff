/** Ten things that people do at work, one after the other, on the command as it is built. With MEANWHILE_PICTURES=DIR each is a picture there. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterEach, expect, test } from "vitest";
import { startChromium } from "../browser/chromium.ts";
import { describeWith } from "../judge.ts";
import { type Server, startServer } from "../server.ts";
import { user, writeUsers } from "../users.ts";
import { shown, violations } from "./describe-page.ts";

const pictures = process.env["MEANWHILE_PICTURES"];
const many = 5_000;
/** So many that a person can stop the copy on any machine. */
const more = 40_000;

describeWith(["chromium"], "ten tasks of an office", () => {
  let browser: Browser | undefined;
  let server: Server | undefined;
  const place = mkdtempSync(join(tmpdir(), "meanwhile-office-"));
  afterEach(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(place, { recursive: true, force: true });
  });

  test("from logging in to logging out", async () => {
    const upload = join(place, "Museum");
    mkdirSync(join(upload, "Drafts"), { recursive: true });
    writeFileSync(join(upload, "Offer.docx"), "offer");
    writeFileSync(join(upload, "Drafts", "Floor plan.pdf"), "plan");
    server = await startServer({ args: ["--users", await writeUsers(place)] });
    const { folder, url } = server;
    mkdirSync(join(folder, "Photos"));
    mkdirSync(join(folder, "Archive"));
    for (let index = 0; index < many; index += 1) writeFileSync(join(folder, "Photos", `${index}.jpg`), "");
    mkdirSync(join(folder, "Scans"));
    for (let index = 0; index < more; index += 1) writeFileSync(join(folder, "Scans", `${index}.tif`), "");
    browser = await startChromium();
    const context = await browser.newContext({
      locale: "en-GB",
      viewport: { width: 1120, height: 700 },
      permissions: ["clipboard-read", "clipboard-write"],
    });
    let page = await context.newPage();
    const seen = async (task: string): Promise<void> => {
      if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${task}.png`) });
      expect([task, await violations(page)]).toEqual([task, []]);
    };
    const tool = (name: string) => page.getByRole("toolbar").getByRole("button", { name, exact: true });

    await page.goto(url, { waitUntil: "commit" });
    await page.getByLabel("User name").fill(user.name);
    await seen("01-log-in");
    await page.getByLabel("Password").fill(user.password);
    await page.keyboard.press("Enter");
    await shown(page);

    await page.locator('input[type="file"]').nth(1).setInputFiles(upload);
    await page.getByRole("link", { name: "Museum" }).waitFor();
    await page.getByText("All done").waitFor();
    await seen("02-upload-a-folder");
    expect(existsSync(join(folder, "Museum/Drafts/Floor plan.pdf"))).toBe(true);

    await page.getByRole("searchbox").fill("floor");
    await page.getByRole("banner").getByRole("button", { name: "Search below" }).click();
    await page.getByText(/^1 found in/).waitFor();
    await seen("03-find-it");
    await page.getByRole("dialog").getByRole("link", { name: "Floor plan.pdf" }).click();

    await page.getByLabel("Select Floor plan.pdf").click();
    await tool("Rename").click();
    await page.getByLabel("Name", { exact: true }).fill("Floor plan 2.pdf");
    await seen("04-rename");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Floor plan 2.pdf" }).waitFor();

    await page.getByLabel("Select Floor plan 2.pdf").click();
    await tool("Copy link").click();
    await page.getByText("Link copied").waitFor();
    await seen("05-share-a-link");
    const link = await page.evaluate<string>("navigator.clipboard.readText()");
    expect(link).toBe(`${url}Museum/Drafts/Floor%20plan%202.pdf`);

    await page.getByRole("link", { name: "Home", exact: true }).click();
    const copyPhotos = async (): Promise<void> => {
      await page.getByLabel("Select Photos").click();
      await tool("Copy").click();
      await page.getByRole("dialog").getByRole("button", { name: "Archive", exact: true }).click();
      await page
        .getByText("There is no folder in it.")
        .or(page.getByRole("button", { name: "Photos" }))
        .waitFor();
      await seen("06-copy-5000-files");
      await page.getByRole("button", { name: "Copy here" }).click();
    };
    await copyPhotos();
    await page.getByText("Copy “Photos”").or(page.getByText("1 item copied")).first().waitFor();
    await page.close();
    page = await context.newPage();
    await page.goto(url, { waitUntil: "commit" });
    await shown(page);
    // Not by the tray: what took less than a second is no news there.
    const copied = join(folder, "Archive/Photos");
    await expect
      .poll(() => existsSync(copied) && readdirSync(copied).length, { timeout: 120_000 })
      .toBe(many);
    await seen("07-come-back");

    // A copy that was not meant: what is there of it goes, and nothing else.
    await page.getByLabel("Select Scans").click();
    await tool("Copy").click();
    await page.getByRole("button", { name: "Copy here" }).click();
    await page.getByRole("button", { name: "Stop" }).click();
    await page
      .getByText(/^Stopped/)
      .first()
      .waitFor();
    await seen("08-cancel");
    expect(existsSync(join(folder, "Scans (2)"))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([".meanwhile-root~"]);
    expect(readdirSync(join(folder, "Scans"))).toHaveLength(more);

    await page.getByLabel("Select Archive").click();
    await tool("Delete").click();
    await page.getByText("5,001 items inside will be deleted, too.").waitFor();
    await seen("09-delete");
    await page.keyboard.press("Escape");
    expect(existsSync(join(folder, "Archive/Photos/0.jpg"))).toBe(true);
    await tool("Delete").click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("link", { name: "Archive" }).waitFor({ state: "detached", timeout: 120_000 });

    const phone = await browser.newContext({
      locale: "en-GB",
      storageState: await context.storageState(),
      viewport: { width: 390, height: 760 },
      deviceScaleFactor: 2,
      isMobile: true,
      hasTouch: true,
    });
    await onAPhone(await phone.newPage(), url, async (held, task) => {
      if (pictures !== undefined) await held.screenshot({ path: join(pictures, `${task}.png`) });
      expect([task, await violations(held)]).toEqual([task, []]);
    });
    expect(readdirSync(join(folder, "Museum", "From the train"))).toEqual(["Offer.docx"]);
    expect(existsSync(join(folder, "Museum/note.txt"))).toBe(true);
    await phone.close();

    await page.getByRole("button", { name: `Logged in as ${user.name}` }).click();
    await seen("11-leave");
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("heading", { name: "Log in" }).waitFor();
    await page.goto(link, { waitUntil: "commit" });
    await page.getByRole("heading", { name: "Log in" }).waitFor();
  });
});

/** With a thumb: a new folder, a photo that was just taken, a file moved to where it belongs, a folder up. */
async function onAPhone(
  page: Page,
  url: string,
  seen: (page: Page, task: string) => Promise<void>,
): Promise<void> {
  await page.goto(url, { waitUntil: "commit" });
  await shown(page);
  await page.getByRole("link", { name: "Museum" }).tap();
  await page.getByRole("link", { name: "Offer.docx" }).waitFor();
  await page.getByRole("button", { name: "New folder" }).tap();
  await page.getByLabel("Name", { exact: true }).fill("From the train");
  await page.getByRole("button", { name: "Create" }).tap();
  await page.getByRole("link", { name: "From the train" }).waitFor();
  const note = { name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("noted") };
  await page.locator('input[type="file"]').first().setInputFiles([note]);
  await page.getByRole("link", { name: "note.txt" }).waitFor();
  await page.getByLabel("Select Offer.docx").tap();
  await seen(page, "10-on-a-phone");
  // Nothing is wider than the phone, and what is tapped is as large as a fingertip.
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
  for (const button of await page.getByRole("toolbar").getByRole("button").all())
    expect((await button.boundingBox())?.height ?? 0).toBeGreaterThanOrEqual(28);
  await page.getByRole("toolbar").getByRole("button", { name: "Move", exact: true }).tap();
  await page.getByRole("dialog").getByRole("button", { name: "From the train" }).tap();
  await page.getByText("There is no folder in it.").waitFor();
  await page.getByRole("button", { name: "Move here" }).tap();
  await page.getByRole("link", { name: "Offer.docx" }).waitFor({ state: "detached" });
  await page.getByRole("link", { name: "From the train" }).tap();
  await page.getByRole("link", { name: "Offer.docx" }).waitFor();
  await page.getByRole("link", { name: "Home", exact: true }).tap();
  await page.getByRole("link", { name: "Photos" }).waitFor();
}
