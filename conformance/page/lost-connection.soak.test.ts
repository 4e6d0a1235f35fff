/** Connections that are lost while something is done on the page: nobody has to do it once more, and nothing is done twice. */
import type { IncomingMessage } from "node:http";
import { parsePath } from "@meanwhile/dav";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { describePage, plant, rowNames, violations } from "./describe-page.ts";

/** Cuts the first request of a method: before it is worked on, or when its answer is to be sent. */
function cutFirst(method: string, when: "before" | "after"): (request: IncomingMessage) => boolean {
  let isCut = false;
  return (request) => {
    if (request.method !== method || isCut) return false;
    isCut = true;
    const { socket } = request;
    if (when === "before") {
      socket.destroy();
      return true;
    }
    socket.write = () => {
      socket.destroy();
      return false;
    };
    return false;
  };
}

const tool = (page: Page, name: string) =>
  page.getByRole("toolbar").getByRole("button", { name, exact: true });
const file = { name: "new.txt", mimeType: "text/plain", buffer: Buffer.from("text") };

const acts: readonly {
  readonly name: string;
  readonly method: string;
  readonly act: (page: Page) => Promise<void>;
  readonly result: readonly string[];
}[] = [
  {
    name: "rename",
    method: "MOVE",
    async act(page) {
      await page.getByLabel("Select a.txt").click();
      await tool(page, "Rename").click();
      await page.getByLabel("Name", { exact: true }).fill("b.txt");
      await page.keyboard.press("Enter");
    },
    result: ["dir", "b.txt"],
  },
  {
    name: "copy",
    method: "COPY",
    async act(page) {
      await page.getByLabel("Select a.txt").click();
      await tool(page, "Copy").click();
      await page.getByRole("button", { name: "Copy here" }).click();
    },
    result: ["dir", "a (2).txt", "a.txt"],
  },
  {
    name: "delete",
    method: "DELETE",
    async act(page) {
      await page.getByLabel("Select a.txt").click();
      await tool(page, "Delete").click();
      await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    },
    result: ["dir"],
  },
  {
    name: "make a folder",
    method: "MKCOL",
    async act(page) {
      await page.getByRole("button", { name: "New folder" }).click();
      await page.getByLabel("Name", { exact: true }).fill("made");
      await page.keyboard.press("Enter");
    },
    result: ["dir", "made", "a.txt"],
  },
  {
    name: "upload a file",
    method: "PUT",
    act: (page) => page.locator('input[type="file"]').first().setInputFiles([file]),
    result: ["dir", "a.txt", "new.txt"],
  },
];

describePage("after a lost connection", ({ site, open }) => {
  for (const when of ["before", "after"] as const)
    test.each(acts)(`$name goes on by itself, lost ${when} it was done`, async ({ method, act, result }) => {
      const { origin, tree, asked } = await site({ intercept: cutFirst(method, when) });
      await plant(tree, "/a.txt", "/dir/");
      const page = await open(`${origin}/`);
      await act(page);
      await expect.poll(() => rowNames(page)).toEqual(result);
      expect(await page.getByRole("dialog").count()).toBe(0);
      expect(asked.filter((one) => one.startsWith(`${method} `)).length).toBeGreaterThanOrEqual(
        when === "before" ? 2 : 1,
      );
    });

  test("a folder is looked at again, and what is shown stays meanwhile", async () => {
    let cut = false;
    const { origin, tree } = await site({
      intercept(request) {
        if (!cut) return false;
        request.socket.destroy();
        return true;
      },
    });
    await plant(tree, "/dir/", "/dir/a.txt", "/b.txt");
    const page = await open(`${origin}/`);
    cut = true;
    await page.getByRole("link", { name: "dir" }).click();
    await page.getByText("The server does not answer.").waitFor({ timeout: 60_000 });
    expect(await violations(page)).toEqual([]);
    cut = false;
    await page.getByRole("link", { name: "a.txt" }).waitFor();
    expect(await tree.lookup(parsePath("/b.txt"))).toBeDefined();
  });

  test("an upload that finds no server says so, goes on when there is one, and asks nothing", async () => {
    let cut = true;
    const { origin, tree } = await site({
      intercept(request) {
        if (request.method !== "PUT" || !cut) return false;
        request.socket.destroy();
        return true;
      },
    });
    const page = await open(`${origin}/`);
    await page.locator('input[type="file"]').first().setInputFiles([file]);
    await page.getByText("The connection was lost. It is tried again by itself.").waitFor();
    cut = false;
    await page.getByText("All done").waitFor();
    expect(await tree.lookup(parsePath("/new.txt"))).toMatchObject({ length: 4 });
  });
});
