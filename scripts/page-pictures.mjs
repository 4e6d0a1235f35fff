// @ts-check
/** `npm run page-pictures`: what docs/reference/page.md shows of the page, taken in Chromium of the built command: docs/reference/page/*.png. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { findJudge } from "../conformance/judges/find-judge.mjs";
import { judgeTable } from "../conformance/judges/judge-table.mjs";

const found = findJudge(judgeTable.chromium);
if ("missing" in found) throw new Error(found.missing);

const place = mkdtempSync(join(tmpdir(), "meanwhile-pictures-"));
const folder = join(place, "Team");
/** Names with sizes in bytes and days ago. @type {readonly (readonly [string, number, number])[]} */
const files = [
  ["Budget 2027.xlsx", 48_200, 3],
  ["Floor plan.pdf", 1_840_000, 21],
  ["Harbour at night.jpg", 4_310_000, 64],
  ["Launch film.mp4", 38_700_000, 9],
  ["Minutes of Monday.txt", 2_140, 1],
  ["Offer for the museum.docx", 86_400, 12],
  ["Podcast 14.mp3", 21_500_000, 30],
  ["Website backup.tar.gz", 12_900_000, 5],
  ["عقد الإيجار.pdf", 402_000, 40],
];
for (const name of ["Archive", "Contracts", "Photos 2026", "Photos 2026/Summer", "Press kit"]) {
  mkdirSync(join(folder, name), { recursive: true });
}
for (const [name, size, daysAgo] of files) {
  writeFileSync(join(folder, name), Buffer.alloc(size));
  const time = new Date(Date.now() - daysAgo * 86_400_000);
  utimesSync(join(folder, name), time, time);
}
for (let index = 0; index < 60_000; index += 1)
  writeFileSync(join(folder, "Photos 2026/Summer", `${index}.jpg`), "");

const args = [
  "serve",
  folder,
  "--listen",
  "127.0.0.1:0",
  "--state",
  join(place, "state"),
  "--log-level",
  "silent",
];
const server = spawn(process.execPath, ["packages/meanwhile/bin/meanwhile.js", ...args]);
const [line] = await once(server.stdout.setEncoding("utf8"), "data");
const url = /listening on (\S+)/.exec(line)?.[1] ?? "";
const browser = await chromium.launch({
  executablePath: found.program,
  args: ["--no-sandbox", "--disable-gpu"],
});

/**
 * @param {string} name
 * @param {import("playwright-core").BrowserContextOptions} options
 * @param {(page: import("playwright-core").Page) => Promise<unknown>} prepare
 */
async function picture(name, options, prepare) {
  const context = await browser.newContext({
    locale: "en-GB",
    reducedMotion: "reduce",
    viewport: { width: 1120, height: 700 },
    ...options,
  });
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole("link", { name: "Website backup.tar.gz" }).waitFor();
  await page.getByRole("toolbar").getByRole("button").first().waitFor();
  await prepare(page);
  await page.screenshot({ path: `docs/reference/page/${name}.png` });
  await context.close();
}

/** @param {import("playwright-core").Page} page @param {readonly string[]} names */
async function select(page, ...names) {
  for (const name of names) await page.getByLabel(`Select ${name}`, { exact: true }).click();
}

/** @type {import("playwright-core").BrowserContextOptions} */
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
try {
  mkdirSync("docs/reference/page", { recursive: true });
  await picture("desktop", {}, (page) => select(page, "Floor plan.pdf", "Harbour at night.jpg"));
  await picture("phone", phone, async () => undefined);
  await picture("dark", { colorScheme: "dark" }, async (page) => {
    await page.getByRole("grid").focus();
    for (let row = 0; row < 6; row += 1) await page.keyboard.press("ArrowDown");
  });
  await picture("conflict", {}, async (page) => {
    const chosen = ["Minutes of Monday.txt", "Budget 2027.xlsx"].map((name) => ({
      name,
      mimeType: "text/plain",
      buffer: Buffer.from("new"),
    }));
    await page.locator('input[type="file"]').first().setInputFiles(chosen);
    await page.getByRole("dialog").waitFor();
    await page.mouse.move(0, 0);
  });
  await picture("tray", {}, async (page) => {
    await page.getByLabel("Select Photos 2026", { exact: true }).click();
    await page.getByRole("toolbar").getByRole("button", { name: "Copy", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Archive" }).click();
    await page.getByText("There is no folder in it.").waitFor();
    await page.getByRole("button", { name: "Copy here" }).click();
    await page.getByText(/^\d+ % · \d{2},\d{3} of .* left$/).waitFor();
    await page.mouse.move(0, 0);
  });
} finally {
  await browser.close();
  server.kill();
  await once(server, "exit");
  rmSync(place, { recursive: true, force: true });
}
