/** The listing's forms, in a browser without script. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startServer } from "../server.ts";
import { describePage, plant } from "./describe-page.ts";

describePage("without script", ({ site, context }) => {
  test("a listing uploads files and makes a folder; what is there is not replaced", async () => {
    const { origin, tree, asked, send } = await site({ listingOnly: true });
    await send("MKCOL", "/in/");
    await plant(tree, "/in/there.txt");
    const page = await (await context({ javaScriptEnabled: false })).newPage();
    await page.goto(`${origin}/in/`);
    const text = (name: string, content: string) => ({
      name,
      mimeType: "text/plain",
      buffer: Buffer.from(content),
    });
    await page
      .getByLabel("Upload files")
      .setInputFiles([text("ä new.txt", "one"), text("large.bin", "x".repeat(3_000_000))]);
    await page.getByRole("button", { name: "Upload", exact: true }).click();
    await page.getByRole("link", { name: "large.bin" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/in/");
    expect(await page.getByRole("link", { name: "ä new.txt" }).count()).toBe(1);

    await page.getByLabel("New folder").fill("made here");
    await page.getByRole("button", { name: "Make" }).click();
    await page.getByRole("link", { name: "made here" }).waitFor();

    await page
      .getByLabel("Upload files")
      .setInputFiles([text("there.txt", "other"), text("more.txt", "two")]);
    await page.getByRole("button", { name: "Upload", exact: true }).click();
    await page.getByText('There already, and left as it was: "there.txt". Done: "more.txt".').waitFor();
    await page.getByRole("link", { name: "Back to the folder" }).click();
    await page.getByRole("link", { name: "more.txt" }).waitFor();
    expect(asked.filter((line) => line.startsWith("POST"))).toEqual(Array(3).fill("POST /in/"));
  });
});

describePage("serve --no-page", ({ context }) => {
  test("gives the listing to a browser with script, too", async () => {
    const server = await startServer({ args: ["--no-page"] });
    onTestFinished(() => server.stop());
    writeFileSync(join(server.folder, "a.txt"), "text");
    const page = await (await context()).newPage();
    await page.goto(server.url, { waitUntil: "networkidle" });
    expect(await page.locator("tbody a").allTextContents()).toEqual(["a.txt"]);
    expect(await page.locator("#page").count()).toBe(0);
    expect(await page.locator("script").count()).toBe(0);
  });
});
