import { readdirSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect } from "vitest";

/** A file to choose in the page. */
export const textFile = { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("text") };

/** Makes the folder `made` and uploads {@link textFile} in an open page, and looks for both in the served folder. */
export async function makeAndUpload(page: Page, served: string): Promise<void> {
  await page.getByRole("button", { name: "New folder" }).click();
  await page.getByLabel("Name", { exact: true }).fill("made");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "made" }).waitFor();
  await page.locator('input[type="file"]').first().setInputFiles([textFile]);
  await page.getByRole("link", { name: textFile.name }).waitFor();
  expect(readdirSync(served)).toEqual(expect.arrayContaining([textFile.name, "made"]));
}
