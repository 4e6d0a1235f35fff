/** What could not be read can be tried again, from where that is said. */
import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { describePage, plant, violations } from "./describe-page.ts";

/** Cuts, or lets through. */
function switchable(isMeant: (request: IncomingMessage) => boolean) {
  const line = {
    cut: false,
    intercept(request: IncomingMessage): boolean {
      if (!line.cut || !isMeant(request)) return false;
      request.socket.destroy();
      return true;
    },
  };
  return line;
}

describePage("what could not be read", ({ site, open }) => {
  test("a folder", async () => {
    const line = switchable(({ method }) => method === "PROPFIND");
    const { origin, tree } = await site(line);
    await plant(tree, "/dir/", "/dir/a.txt");
    const page = await open(`${origin}/`);
    line.cut = true;
    await page.getByRole("link", { name: "dir" }).click();
    await page.getByText("The server does not answer. Check the connection, and try again.").waitFor();
    line.cut = false;
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("link", { name: "a.txt" }).waitFor();
  });

  test.each(["a.txt", "b.svg"])("the preview of %s", async (name) => {
    const line = switchable(({ method, url }) => method === "GET" && url === `/${name}`);
    const { origin, send } = await site(line);
    await send("PUT", "/a.txt", { content: "what is in it" });
    await send("PUT", "/b.svg", {
      content: `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`,
    });
    const page = await open(`${origin}/`);
    line.cut = true;
    await page.getByRole("link", { name }).click();
    const dialog = page.getByRole("dialog");
    const again = dialog.getByRole("button", { name: "Try again" });
    await again.waitFor();
    expect(await violations(page)).toEqual([]);
    await again.click();
    await again.waitFor();
    line.cut = false;
    await again.click();
    if (name === "a.txt") await dialog.getByText("what is in it").waitFor();
    else
      await expect.poll(() => page.evaluate("document.querySelector('.preview img')?.naturalWidth")).toBe(9);
    expect(await again.count()).toBe(0);
  });

  test("a search", async () => {
    const line = switchable(({ method }) => method === "PROPFIND");
    const { origin, tree } = await site(line);
    await plant(tree, "/dir/", "/dir/report.txt");
    const page = await open(`${origin}/`);
    await page.getByRole("searchbox").fill("report");
    line.cut = true;
    await page.getByRole("banner").getByRole("button", { name: "Search below" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(/then the connection was lost/).waitFor({ timeout: 60_000 });
    expect(await violations(page)).toEqual([]);
    line.cut = false;
    await dialog.getByRole("button", { name: "Try again" }).click();
    await dialog.getByRole("link", { name: "report.txt" }).waitFor();
    expect(await dialog.getByRole("button", { name: "Try again" }).count()).toBe(0);
  });

  test("the folders of the destination", async () => {
    const line = switchable(({ method, url }) => method === "PROPFIND" && url === "/to/");
    const { origin, tree, send } = await site(line);
    await plant(tree, "/a", "/to/", "/to/inner/");
    const page = await open(`${origin}/`);
    await page.getByLabel("Select a", { exact: true }).click();
    await page.getByRole("toolbar").getByRole("button", { name: "Copy", exact: true }).click();
    line.cut = true;
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "to", exact: true }).click();
    const again = dialog.getByRole("button", { name: "Try again" });
    await again.waitFor();
    expect(await dialog.getByRole("button", { name: "Copy here" }).isDisabled()).toBe(true);
    expect(await violations(page)).toEqual([]);
    line.cut = false;
    await again.click();
    await dialog.getByRole("button", { name: "inner" }).click();
    await page.getByText("There is no folder in it.").waitFor();
    await page.getByRole("button", { name: "Copy here" }).click();
    await page.getByText("1 item copied").waitFor();
    expect(await send("GET", "/to/inner/a")).toBe(200);
  });
});
