/** What is meant once is done once; what others have changed since the page was shown is not lost. */
import { parsePath } from "@meanwhile/dav";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { describePage, plant, violations } from "./describe-page.ts";

const select = async (page: Page, ...names: readonly string[]): Promise<void> => {
  for (const name of names) await page.getByLabel(`Select ${name}`, { exact: true }).click();
};
const tool = (page: Page, name: string) =>
  page.getByRole("toolbar").getByRole("button", { name, exact: true });
const changes = (asked: readonly string[]) =>
  asked.filter((one) => !/^(?:GET|HEAD|OPTIONS|PROPFIND) /.test(one));

describePage("a double click", ({ site, open }) => {
  test("makes one folder, renames, copies, moves and deletes once, and asks one question", async () => {
    const { origin, tree, asked } = await site();
    await plant(tree, "/a", "/b", "/c", "/to/");
    const page = await open(`${origin}/`);
    await tool(page, "New folder").dblclick();
    await page.getByLabel("Name", { exact: true }).fill("made");
    await page.getByRole("button", { name: "Create" }).dblclick();
    await page.getByRole("link", { name: "made" }).waitFor();
    await select(page, "a");
    await tool(page, "Rename").dblclick();
    await page.getByLabel("Name", { exact: true }).fill("A");
    await page.getByRole("dialog").getByRole("button", { name: "Rename" }).dblclick();
    await page.getByRole("link", { name: "A", exact: true }).waitFor();
    for (const [name, button, row] of [
      ["Copy", "Copy here", "b"],
      ["Move", "Move here", "c"],
    ] as const) {
      await select(page, row);
      await tool(page, name).dblclick();
      await page.getByRole("dialog").getByRole("button", { name: "to", exact: true }).click();
      await page.getByText("There is no folder in it.").waitFor();
      await page.getByRole("button", { name: button }).dblclick();
      await page.getByText(/^1 item (?:copied|moved)$/).waitFor();
    }
    await page.getByText("4 items", { exact: true }).waitFor();
    await select(page, "b");
    await tool(page, "Delete").dblclick();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).dblclick();
    await page.getByText("3 items", { exact: true }).waitFor();
    expect(await page.getByRole("dialog").count()).toBe(0);
    expect(changes(asked)).toEqual(["MKCOL /made/", "MOVE /a", "COPY /b", "MOVE /c", "DELETE /b"]);
  });

  test("on the answer to a question is none to the next one; nor is Enter that is held down", async () => {
    const { origin, tree, asked } = await site();
    await plant(tree, "/1", "/2", "/3", "/to/", "/to/1", "/to/2", "/to/3");
    const page = await open(`${origin}/`);
    await select(page, "1", "2", "3");
    await tool(page, "Move").click();
    await page.getByRole("dialog").getByRole("button", { name: "to", exact: true }).click();
    await page.getByText("There is no folder in it.").waitFor();
    await page.getByRole("button", { name: "Move here" }).click();
    await page.getByRole("dialog", { name: "“1” is there already" }).waitFor();
    await page.getByLabel("Replace").check();
    const box = await page.getByRole("button", { name: "Go on", exact: true }).boundingBox();
    if (box === null) throw new Error("the button is not shown");
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.up();
    await page.getByRole("dialog", { name: "“2” is there already" }).waitFor();
    await page.mouse.down({ clickCount: 2 });
    await page.mouse.up({ clickCount: 2 });
    await page.getByLabel("Replace").check();
    await page.getByRole("button", { name: "Go on", exact: true }).focus();
    await page.keyboard.down("Enter");
    await page.getByRole("dialog", { name: "“3” is there already" }).waitFor();
    await page.keyboard.down("Enter");
    await page.keyboard.up("Enter");
    await page.getByLabel("Skip").check();
    await page.getByRole("button", { name: "Go on", exact: true }).click();
    await page.getByText("2 items", { exact: true }).waitFor();
    expect(changes(asked)).toEqual(["MOVE /1", "MOVE /1", "MOVE /2", "MOVE /2", "MOVE /3"]);
    expect(await tree.lookup(parsePath("/3"))).toBeDefined();
  });
});

describePage("a page on which others have changed something meanwhile", ({ site, open }) => {
  test("what was deleted or renamed is told, and the folder is looked at again", async () => {
    const { origin, tree, send } = await site();
    await plant(tree, "/a", "/b", "/dir/");
    const page = await open(`${origin}/`);
    await select(page, "a");
    expect(await send("DELETE", "/a")).toBe(204);
    await tool(page, "Rename").click();
    await page.getByLabel("Name", { exact: true }).fill("A");
    await page.keyboard.press("Enter");
    const told = page.getByRole("dialog", { name: "That did not work" });
    await told.getByText("It is not there any more.").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Enter");
    await page.getByText("2 items", { exact: true }).waitFor();
    await select(page, "b");
    expect(await send("MOVE", "/b", { fields: { Destination: `${origin}/c` } })).toBe(201);
    await tool(page, "Delete").click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await told.getByText("It is not there any more.").waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "c", exact: true }).waitFor();
  });

  test("a file that others have written stays, and is deleted once that was seen", async () => {
    const { origin, tree, send } = await site();
    await plant(tree, "/a", "/b");
    const page = await open(`${origin}/`);
    await select(page, "a", "b");
    await tool(page, "Delete").click();
    expect(await send("PUT", "/a", { content: "what somebody else wrote" })).toBe(204);
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page
      .getByRole("dialog", { name: "That did not work" })
      .getByText("It was changed meanwhile, and is still there.")
      .waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Enter");
    await page.getByText("1 item", { exact: true }).waitFor();
    expect(await tree.lookup(parsePath("/a"))).toMatchObject({ length: "what somebody else wrote".length });
    await page.getByText("24 B", { exact: true }).waitFor();
    await select(page, "a");
    await tool(page, "Delete").click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "This folder is empty" }).waitFor();
  });

  test("a name that was taken, and a folder that is gone, keep what was to go there", async () => {
    const { origin, tree, send } = await site();
    await plant(tree, "/a", "/to/", "/here/");
    const page = await open(`${origin}/`);
    await select(page, "a");
    await tool(page, "Rename").click();
    await page.getByLabel("Name", { exact: true }).fill("b");
    expect(await send("PUT", "/b", { content: "of somebody else" })).toBe(201);
    await page.keyboard.press("Enter");
    const told = page.getByRole("dialog", { name: "That did not work" });
    await told.getByText("Something of that name is there already.").waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "b", exact: true }).waitFor();
    await select(page, "a");
    await tool(page, "Move").click();
    await page.getByRole("dialog").getByRole("button", { name: "to", exact: true }).click();
    await page.getByText("There is no folder in it.").waitFor();
    expect(await send("DELETE", "/to/")).toBe(204);
    await page.getByRole("button", { name: "Move here" }).click();
    await told.getByText("The folder that it goes to is not there any more.").waitFor();
    await page.keyboard.press("Enter");
    expect(await send("DELETE", "/here/")).toBe(204);
    await page.getByRole("link", { name: "here" }).click();
    await page.getByText("This folder is not there any more. It was moved, renamed or deleted.").waitFor();
    expect(await violations(page)).toEqual([]);
    expect(await tree.lookup(parsePath("/a"))).toMatchObject({ length: 2 });
    expect(await tree.lookup(parsePath("/b"))).toMatchObject({ length: "of somebody else".length });
  });
});
