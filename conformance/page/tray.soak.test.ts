/** Long work in the tray. */
import { createMemoryLockStore } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import { rights } from "../../packages/server/src/testing/own/rights-fixture.ts";
import { describePage, plant, stopped, violations } from "./describe-page.ts";

const known = { "X-User": "ann" };
/** Whoever names themselves is believed; a browser is given the field by its context. */
const byName = {
  authenticate: ({ headers }: { readonly headers: Readonly<Record<string, unknown>> }) => {
    const name = headers["x-user"];
    return typeof name === "string"
      ? ({ kind: "known", principal: name } as const)
      : ({ kind: "anonymous" } as const);
  },
};
const photos = ["/photos/", ...Array.from({ length: 6 }, (_, index) => `/photos/${index}`)];

describePage("the tray", ({ site, open, another }) => {
  test("shows a user what a program began, in two windows, and stops it", async () => {
    const { origin, tree, gate, send } = await site(byName);
    await plant(tree, ...photos);
    gate.allow(2);
    const fields = { ...known, Destination: `${origin}/archive/`, Prefer: "respond-async, wait=0" };
    expect(await send("COPY", "/photos/", { fields })).toBe(202);
    const page = await open(`${origin}/`, { extraHTTPHeaders: known });
    const other = await another(page, `${origin}/photos/`);
    for (const window of [page, other]) await window.getByText("Copy “photos”").waitFor();
    await page.getByText(/^28 % · 2 of 7 items · .* so far/).waitFor();
    await page.getByText("in “Home”").waitFor();
    await page.getByRole("region", { name: "In progress" }).getByText("0", { exact: true }).waitFor();
    expect(await page.title()).toBe("28 % Home");
    expect(await violations(page)).toEqual([]);
    gate.allowUpTo(4);
    await other.getByText(/^57 % · 4 of 7 items/).waitFor();
    await stopped(other, () => other.getByRole("button", { name: "Stop" }).click());
    gate.allowUpTo(100);
    for (const window of [page, other]) await window.getByText(/^Stopped/).waitFor();
    await page.getByRole("button", { name: "Clear what is over" }).click();
    await page.getByRole("region", { name: "In progress" }).waitFor({ state: "hidden" });
    await other.getByRole("region", { name: "In progress" }).waitFor({ state: "hidden" });
  });

  test("tells from where to where, and leads to the folder of the result", async () => {
    const { origin, tree, gate, send } = await site(byName);
    await plant(tree, ...photos, "/a%20b/");
    gate.allow(1);
    const fields = { ...known, Destination: `${origin}/a%20b/new/`, Prefer: "respond-async, wait=0" };
    expect(await send("COPY", "/photos/", { fields })).toBe(202);
    const page = await open(`${origin}/photos/`, { extraHTTPHeaders: known });
    await page.getByText("from “Home” to “a b”").waitFor();
    gate.allowUpTo(100);
    await page.getByRole("link", { name: "Show: Copy “photos”" }).click();
    await page.getByRole("link", { name: "new" }).waitFor();
    expect(page.url()).toBe(`${origin}/a%20b/`);
    expect(await page.title()).toBe("a b");
    expect(await violations(page)).toEqual([]);
  });

  test("what is over in a moment does not flash there", async () => {
    const { origin, tree } = await site(byName);
    await plant(tree, "/a.txt", "/dir/");
    const page = await open(`${origin}/`, { extraHTTPHeaders: known });
    await page.evaluate(`{
      globalThis.flashed = 0;
      new MutationObserver(() => {
        if (document.querySelector(".tray") !== null) globalThis.flashed += 1;
      }).observe(document.body, { childList: true, subtree: true });
    }`);
    await page.getByLabel("Select a.txt").click();
    await page.getByRole("toolbar").getByRole("button", { name: "Copy", exact: true }).click();
    await page.getByRole("button", { name: "Copy here" }).click();
    await page.getByRole("link", { name: "a (2).txt" }).waitFor();
    expect(await page.evaluate("globalThis.flashed")).toBe(0);
  });

  test("its own page shows the member that it is at, as it goes on", async () => {
    const { origin, tree, gate, send } = await site();
    await plant(tree, "/photos/", "/photos/<1>", "/photos/2\u202Egpj", "/photos/3");
    gate.allow(2);
    const answer = await fetch(`${origin}/photos/`, {
      method: "COPY",
      headers: { Destination: `${origin}/b/`, Prefer: "respond-async, wait=0" },
    });
    const page = await open(`${origin}/`);
    await page.goto(answer.headers.get("location") ?? "");
    const at = page.locator("#member");
    await expect.poll(() => at.textContent()).not.toBe("");
    const first = await at.textContent();
    gate.allowUpTo(3);
    await expect.poll(() => at.textContent()).not.toBe(first);
    expect(await page.title()).toMatch(/^\d+% COPY: Running$/);
    expect(await page.locator("main").textContent()).not.toContain("\u202E");
    expect(await page.getByRole("heading").textContent()).toBe("COPY /photos/");
    gate.allowUpTo(100);
    await expect.poll(() => at.isVisible()).toBe(false);
    await page.getByRole("link", { name: "Open the result" }).click();
    await page.getByRole("link", { name: "<1>" }).waitFor();
    expect(await send("GET", "/b/3")).toBe(200);
  });

  test("the list of operations has those that this browser began, as they go on, and nobody else's", async () => {
    const { origin, tree, gate, send } = await site();
    await plant(tree, ...photos, "/a/", "/a/1");
    gate.allow(0);
    const fields = { Destination: `${origin}/of-a-program/`, Prefer: "respond-async, wait=0" };
    expect(await send("COPY", "/a/", { fields })).toBe(202);
    const page = await open(`${origin}/`);
    const list = await page.context().newPage();
    await list.goto(`${origin}/.meanwhile/operations/`);
    await list.getByText("None that runs or is kept.").waitFor();
    await page.getByLabel("Select photos").click();
    await page.getByRole("toolbar").getByRole("button", { name: "Copy", exact: true }).click();
    await page.getByRole("button", { name: "Copy here" }).click();
    // What another window begins appears by itself, and what was begun is found anew.
    await list.getByRole("link", { name: "COPY /photos/" }).waitFor();
    await list.reload();
    await list.getByRole("link", { name: "COPY /photos/" }).waitFor();
    expect(await list.getByRole("row").count()).toBe(2);
    expect(await violations(list)).toEqual([]);
    await list.getByRole("link", { name: "COPY /photos/" }).click();
    await list.getByRole("link", { name: "All operations" }).click();
    await list.getByRole("cell", { name: "Running" }).waitFor();
    gate.allowUpTo(100);
    await list.getByRole("cell", { name: "Finished: 201 Created" }).waitFor();
    const other = await open(`${origin}/`);
    await other.goto(`${origin}/.meanwhile/operations/`);
    await other.getByText("None that runs or is kept.").waitFor();
  });

  test("the list takes nothing for an operation that is none in the browser's storage, and shows those that its URL names", async () => {
    const { origin, tree, gate, asked } = await site();
    await plant(tree, "/a/", "/a/1");
    gate.allow(0);
    const answer = await fetch(`${origin}/a/`, {
      method: "COPY",
      headers: { Destination: `${origin}/b/`, Prefer: "respond-async, wait=0" },
    });
    const [id = ""] = /[^/]+$/.exec(answer.headers.get("location") ?? "") ?? [];
    const page = await open(`${origin}/`);
    const place = `${origin}/.meanwhile/operations/`;
    for (const text of ["no JSON", '{"length":1}', '[1,null,"../x","&id=x"]']) {
      await page.evaluate(
        `localStorage.setItem("meanwhile /.meanwhile/operations/", ${JSON.stringify(text)})`,
      );
      await page.goto(place);
      await page.getByText("None that runs or is kept.").waitFor();
    }
    expect(asked.filter((one) => one.includes("operations/?"))).toEqual([]);
    const many = JSON.stringify([...Array.from({ length: 80 }, (_, index) => `no-${index}`)]);
    await page.evaluate(`localStorage.setItem("meanwhile /.meanwhile/operations/", ${JSON.stringify(many)})`);
    await page.goto(place);
    await expect
      .poll(() => asked.findLast((one) => one.includes("operations/?"))?.split("id=").length)
      .toBe(51);
    await page.goto(`${place}?id=${id}`);
    await page.getByRole("cell", { name: "Running" }).waitFor();
    gate.allowUpTo(100);
    await page.getByRole("cell", { name: "Finished: 201 Created" }).waitFor();
  });

  test("what a program has changed is shown once it has ended", async () => {
    const { origin, tree, gate, send } = await site(byName);
    await plant(tree, ...photos);
    gate.allow(1);
    const page = await open(`${origin}/`, { extraHTTPHeaders: known });
    const fields = { ...known, Destination: `${origin}/archive/`, Prefer: "respond-async, wait=0" };
    expect(await send("COPY", "/photos/", { fields })).toBe(202);
    await page.getByText("Copy “photos”").waitFor();
    expect(await page.getByRole("link", { name: "archive" }).count()).toBe(0);
    gate.allowUpTo(100);
    await page.getByRole("link", { name: "archive" }).waitFor();
  });

  test("shows nobody the operations of another", async () => {
    const { origin, tree, gate, send } = await site(byName);
    await plant(tree, ...photos);
    gate.allow(1);
    const fields = { ...known, Destination: `${origin}/archive/`, Prefer: "respond-async, wait=0" };
    expect(await send("COPY", "/photos/", { fields })).toBe(202);
    const page = await open(`${origin}/`, { extraHTTPHeaders: { "X-User": "bob" } });
    await page.getByRole("link", { name: "photos" }).waitFor();
    expect(await page.getByText("Copy “photos”").count()).toBe(0);
  });

  test("says what failed, and why", async () => {
    const locks = createMemoryLockStore({ clock: Date.now });
    const { origin, tree, gate, send } = await site({ locks });
    await plant(tree, ...photos);
    const lock =
      '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype><owner>Bob</owner></lockinfo>';
    expect(await send("LOCK", "/photos/3", { content: lock })).toBe(200);
    gate.allow(1);
    const page = await open(`${origin}/`);
    await page.getByLabel("Select photos").click();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText("Delete “photos”", { exact: true }).waitFor();
    gate.allowUpTo(100);
    await page.getByRole("dialog").getByText("photos").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "What failed (1)" }).click();
    await page.getByText("It is locked: someone else works on it.").waitFor();
    expect(await violations(page)).toEqual([]);
  });

  test("what may not be done is not offered, and who has locked something is told", async () => {
    const { origin, tree, send } = await site({ access: rights({ "/": "r", "/mine": "rw" }) });
    await plant(tree, "/mine/", "/mine/a", "/mine/b", "/theirs/", "/theirs/c");
    const lock =
      '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype><owner>&lt;Bob&gt;</owner></lockinfo>';
    expect(await send("LOCK", "/mine/a", { content: lock, fields: { Timeout: "Second-3600" } })).toBe(200);
    const page = await open(`${origin}/theirs/`);
    await page.getByText("You may look at this folder, and not change it").waitFor();
    await page.getByLabel("Select c").click();
    const offered = page.getByRole("toolbar").getByRole("button");
    expect(await offered.allTextContents()).toEqual(["Copy", "Download", "Copy link", ""]);
    await page.getByRole("grid").focus();
    await page.keyboard.press("Delete");
    expect(await page.getByRole("dialog").count()).toBe(0);
    await page.getByRole("link", { name: "Home" }).click();
    await page.getByRole("link", { name: "mine" }).click();
    await page.getByTitle(/^Locked by <Bob> until /).waitFor();
    await page.getByRole("button", { name: "New folder" }).waitFor();
    expect(await violations(page)).toEqual([]);
  });
});
