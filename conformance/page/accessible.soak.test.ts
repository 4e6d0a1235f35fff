/** What axe-core says of states that no other test comes by; `violations` looks at each in light and in dark colours. */
import { createMemoryLockStore } from "@meanwhile/server/testing";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { rights } from "../../packages/server/src/testing/own/rights-fixture.ts";
import { describePage, plant, violations } from "./describe-page.ts";

const tool = (page: Page, name: string) =>
  page.getByRole("toolbar").getByRole("button", { name, exact: true });
const file = (name: string, size = 4) => ({
  name,
  mimeType: "application/octet-stream",
  buffer: Buffer.alloc(size, 1),
});
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

describePage("axe-core has nothing to say", ({ site, open, context }) => {
  test("of the questions: a name, a wrong one, a destination, what the delete takes along", async () => {
    const { origin, tree } = await site();
    await plant(tree, "/a.txt", "/dir/", "/dir/inner/", "/dir/x");
    const page = await open(`${origin}/`);
    await tool(page, "New folder").click();
    await page.getByLabel("Name", { exact: true }).fill("ok");
    expect(await violations(page)).toEqual([]);
    await page.getByLabel("Name", { exact: true }).fill("a/b");
    await page.getByText(/^A name cannot be/).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByLabel("Select a.txt").click();
    await tool(page, "Move").click();
    await page.getByRole("dialog").getByRole("button", { name: "dir", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "inner" }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByLabel("Select a.txt").click();
    await page.getByLabel("Select dir").click();
    await tool(page, "Delete").click();
    await page.getByText("2 items inside will be deleted, too.").waitFor();
    expect(await violations(page)).toEqual([]);
  });

  test("of a picture, a drop, and a filter that leaves nothing", async () => {
    const { origin, tree } = await site();
    await plant(tree, "/a.txt");
    const answer = await fetch(`${origin}/b.png`, { method: "PUT", body: png });
    expect(answer.status).toBe(201);
    const page = await open(`${origin}/`);
    await page.getByRole("link", { name: "b.png" }).click();
    await page.getByRole("dialog").getByRole("img").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.evaluate(`{
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["x"], "x"));
      for (const type of ["dragenter", "dragover"])
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    }`);
    await page.getByText("Drop files and folders here").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.reload({ waitUntil: "commit" });
    await page.getByRole("searchbox").fill("nothing");
    await page.getByText("Nothing here has that in its name").waitFor();
    expect(await violations(page)).toEqual([]);
  });

  test("of the tray with all that can become of an upload and of a copy", async () => {
    const locks = createMemoryLockStore({ clock: Date.now });
    const scene = await site({ locks, limits: { contentBytes: 1000 } });
    const { origin, tree, gate, bytes, send } = scene;
    await plant(tree, "/skipped", "/dir/", "/dir/1", "/dir/2", "/dir/3");
    const lock =
      '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype><owner>Bob</owner></lockinfo>';
    expect(await send("LOCK", "/dir/2", { content: lock })).toBe(200);
    const page = await open(`${origin}/`);
    gate.allow(1);
    await page.getByLabel("Select dir").click();
    await tool(page, "Delete").click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText("Delete “dir”", { exact: true }).waitFor();
    await page
      .locator('input[type="file"]')
      .first()
      .setInputFiles([file("sent"), file("skipped"), file("failed", 2000)]);
    await page.getByRole("dialog", { name: "“skipped” is there already" }).waitFor();
    await page.getByRole("radio", { name: "Skip" }).check();
    await page.getByRole("button", { name: "Go on", exact: true }).click();
    await page.getByText("It is too large for this server.").waitFor();
    await page.getByText(/^Skipped/).waitFor();
    await page.getByText(/^Uploaded/).waitFor();
    expect(await violations(page)).toEqual([]);
    bytes.allow(0);
    await page
      .locator('input[type="file"]')
      .first()
      .setInputFiles([file("new", 900), file("stopped", 900)]);
    await page.getByText("Uploading 2 files").waitFor();
    expect(await violations(page)).toEqual([]);
    bytes.allowUpTo(Number.POSITIVE_INFINITY);
    gate.allowUpTo(100);
    await page.getByRole("dialog").getByText("dir").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "What failed (1)" }).click();
    await page.getByText("It is locked: someone else works on it.").waitFor();
    expect(await violations(page)).toEqual([]);
  });

  test("of an operation's page as it runs, fails and ends, and of the list with it and without any", async () => {
    const { origin, tree, gate, send } = await site({ access: rights({ "/": "rw" }) });
    await plant(tree, "/dir/", "/dir/1", "/dir/2", "/dir/3");
    const lock =
      '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype><owner>Bob</owner></lockinfo>';
    expect(await send("LOCK", "/dir/2", { content: lock })).toBe(200);
    gate.allow(1);
    const answer = await fetch(`${origin}/dir/`, {
      method: "DELETE",
      headers: { Prefer: "respond-async, wait=0" },
    });
    const place = new URL(answer.headers.get("location") ?? "");
    const page = await (await context()).newPage();
    await page.goto(place.href);
    await page.locator("#state", { hasText: "Running" }).waitFor();
    expect(await violations(page)).toEqual([]);
    gate.allowUpTo(100);
    await page.locator("#failures", { hasText: "1 member failed" }).waitFor();
    await page.getByRole("link", { name: "The final response" }).waitFor();
    expect(await violations(page)).toEqual([]);
    for (const list of ["./", `./?id=${place.pathname.split("/").at(-1)}`]) {
      await page.goto(new URL(list, place).href);
      await page.getByRole("heading", { name: /perations/ }).waitFor();
      expect(await violations(page)).toEqual([]);
    }
  });

  test("of pages that tell an error, and of the listing with its forms", async () => {
    const { origin, tree } = await site({ listingOnly: true, access: rights({ "/": "rw", "/secret": "" }) });
    await plant(tree, "/a.txt", "/dir/", "/secret/");
    const page = await (await context()).newPage();
    for (const path of ["/none", "/dir/none/", "/secret/", "/.meanwhile/"]) {
      await page.goto(origin + path);
      await page.getByRole("heading").first().waitFor();
      expect([path, await violations(page)]).toEqual([path, []]);
    }
    await page.goto(`${origin}/`);
    await page.getByRole("link", { name: "a.txt" }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByLabel("Upload files").setInputFiles([file("a.txt"), file("b.txt")]);
    await page.getByRole("button", { name: "Upload", exact: true }).click();
    await page.getByText(/^There already, and left as it was/).waitFor();
    expect(await violations(page)).toEqual([]);
  });
});
