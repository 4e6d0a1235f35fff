/** Logging in and out on the page. */
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parsePath } from "@meanwhile/dav";
import type { Logins } from "@meanwhile/server";
import type { Page } from "playwright-core";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { startServer } from "../server.ts";
import { realm, user, writeDigestUsers } from "../users.ts";
import { describePage, plant, shown, stopped, violations } from "./describe-page.ts";

let passwords: Map<string, string>;
beforeEach(() => {
  passwords = new Map([
    ["ann", "sesame"],
    ["bob", "builder"],
  ]);
});

const logins: Logins = {
  judge: async ({ user, password }) =>
    passwords.get(user) === password ? { kind: "known", principal: user } : { kind: "wrong" },
  mark: (user) => {
    const password = passwords.get(user);
    return password && createHash("sha256").update(password).digest("hex");
  },
};
/** Basic for programs, and a form for people. */
const users = {
  logins,
  authenticate: ({ headers }: { readonly headers: Readonly<Record<string, unknown>> }) => {
    const [, token] = /^Basic (.*)$/.exec(String(headers["authorization"])) ?? [];
    const [user = "", password] = Buffer.from(token ?? "", "base64")
      .toString()
      .split(":");
    return password !== undefined && passwords.get(user) === password
      ? ({ kind: "known", principal: user } as const)
      : ({ kind: "challenge", challenges: ['Basic realm="test"'] } as const);
  },
};

const logIn = async (page: Page, user: string, password: string): Promise<void> => {
  await page.getByLabel("User name").fill(user);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
};
const basic = (user: string) => ({
  Authorization: `Basic ${Buffer.from(`${user}:${passwords.get(user)}`).toString("base64")}`,
});

describePage("an account on the page", ({ site, context }) => {
  /** A window of a new browser, logged in. */
  const loggedIn = async (origin: string, path = "/"): Promise<Page> => {
    const page = await (await context()).newPage();
    await page.goto(origin + path, { waitUntil: "commit" });
    await logIn(page, "ann", "sesame");
    await shown(page);
    return page;
  };

  test("a form asks who it is, in place of the browser's own window; the folder that was asked for follows", async () => {
    const { origin, tree } = await site(users);
    await plant(tree, "/dir/", "/dir/a.txt");
    const page = await (await context()).newPage();
    await page.goto(`${origin}/dir/`, { waitUntil: "commit" });
    await page.getByRole("heading", { name: "Log in" }).waitFor();
    expect(await violations(page)).toEqual([]);
    await logIn(page, "ann", "wrong");
    await page.getByText("The user name or the password is wrong.").waitFor();
    expect(await violations(page)).toEqual([]);
    await logIn(page, "ann", "sesame");
    await page.getByRole("link", { name: "a.txt" }).waitFor();
    await page.getByRole("button", { name: "Logged in as ann" }).click();
    await page.getByRole("button", { name: "Log out" }).waitFor();
    expect(await violations(page)).toEqual([]);
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", expires: -1 });
    expect(await page.evaluate("document.cookie")).toBe("");
  });

  test("without script, the same form", async () => {
    const { origin, tree } = await site(users);
    await plant(tree, "/dir/", "/dir/a.txt");
    const page = await (await context({ javaScriptEnabled: false })).newPage();
    await page.goto(`${origin}/dir/`);
    await logIn(page, "ann", "no");
    await page.locator('[role="alert"]', { hasText: "The user name or the password is wrong." }).waitFor();
    expect(await page.getByLabel("User name").inputValue()).toBe("ann");
    await logIn(page, "ann", "sesame");
    await page.getByRole("link", { name: "a.txt" }).waitFor();
    expect(page.url()).toBe(`${origin}/dir/`);
  });

  test("who comes by a link on another site is still logged in", async () => {
    const { origin, tree } = await site(users);
    await plant(tree, "/dir/", "/dir/a.txt");
    const other = await site();
    await plant(other.tree, "/mail.txt");
    const page = await loggedIn(origin);
    for (const javaScriptEnabled of [true, false]) {
      const browser = await context({ javaScriptEnabled, storageState: await page.context().storageState() });
      const from = await browser.newPage();
      // Another name of this machine is another site. A text of it has no policy that would let nothing in.
      await from.goto(`${other.origin.replace("127.0.0.1", "localhost")}/mail.txt`);
      await from.setContent(`<a href="${origin}/dir/">a shared folder</a>`);
      await from.getByRole("link").click();
      await from.getByRole("link", { name: "a.txt" }).waitFor();
    }
  });

  test("what a program began as the same user is in the tray", async () => {
    const { origin, tree, gate, send } = await site(users);
    await plant(tree, "/a/", "/a/1", "/a/2");
    gate.allow(1);
    const fields = { ...basic("ann"), Destination: `${origin}/b/`, Prefer: "respond-async, wait=0" };
    expect(await send("COPY", "/a/", { fields })).toBe(202);
    const page = await loggedIn(origin);
    await page.getByText("Copy “a”").waitFor();
    await stopped(page, () => page.getByRole("button", { name: "Stop" }).click());
    gate.allowUpTo(100);
    await page.getByText(/^Stopped/).waitFor();
  });

  test("a lost login asks again, over all that was shown; an upload then goes on", async () => {
    const { origin, tree } = await site(users);
    await plant(tree, "/old");
    const page = await loggedIn(origin);
    passwords.set("ann", "changed");
    const file = { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("text") };
    await page
      .locator('input[type="file"]')
      .first()
      .setInputFiles([file, { ...file, name: "b.txt" }]);
    const dialog = page.getByRole("dialog", { name: "Log in" });
    await dialog.getByText("ann, your login has ended.").waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    expect(await dialog.isVisible()).toBe(true);
    await page.getByLabel("Password").fill("changed");
    await page.keyboard.press("Enter");
    for (const name of ["a.txt", "b.txt"]) await page.getByRole("link", { name }).waitFor();
    expect(await tree.lookup(parsePath("/b.txt"))).toMatchObject({ length: 4 });
  });

  test("so does a change that the page makes", async () => {
    const { origin } = await site(users);
    const page = await loggedIn(origin);
    passwords.set("ann", "changed");
    await page.getByRole("button", { name: "New folder" }).click();
    await page.getByLabel("Name", { exact: true }).fill("made");
    await page.keyboard.press("Enter");
    await page.getByLabel("Password").fill("changed");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "made" }).waitFor();
  });

  test("log-out in one window hides the other, where another user gets a page of their own", async () => {
    const { origin, tree } = await site(users);
    await plant(tree, "/a.txt");
    const page = await loggedIn(origin);
    const other = await page.context().newPage();
    await other.goto(origin, { waitUntil: "commit" });
    await shown(other);
    await page.getByRole("button", { name: "Logged in as ann" }).click();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("heading", { name: "Log in" }).waitFor();
    await other.getByText("ann, your login has ended.").waitFor();
    await logIn(other, "bob", "builder");
    await other.getByRole("button", { name: "Logged in as bob" }).waitFor();
    await page.reload({ waitUntil: "commit" });
    await page.getByRole("button", { name: "Logged in as bob" }).waitFor();
  });

  test("users are switched, or not after all", async () => {
    const { origin } = await site(users);
    const page = await loggedIn(origin);
    const menu = page.getByRole("button", { name: "Logged in as ann" });
    await menu.click();
    await page.getByRole("button", { name: "Switch user" }).click();
    await page.getByRole("dialog", { name: "Switch user" }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await menu.click();
    await page.getByRole("button", { name: "Switch user" }).click();
    await logIn(page, "bob", "builder");
    await page.getByRole("button", { name: "Logged in as bob" }).waitFor();
  });

  test("a page of another port, to which the cookie goes along, ends no session and begins no other", async () => {
    const { origin } = await site(users);
    const page = await loggedIn(origin);
    const other = await site();
    await plant(other.tree, "/evil.txt");
    const evil = await page.context().newPage();
    await evil.goto(`${other.origin}/evil.txt`);
    const session = `${origin}/.meanwhile/operations/session`;
    const answers = await evil.evaluate(`Promise.all([
      fetch("${session}/end", { method: "POST", mode: "no-cors", credentials: "include" }),
      fetch("${session}", { method: "POST", mode: "no-cors", credentials: "include",
        body: new URLSearchParams({ user: "bob", password: "builder" }) }),
    ]).then((answers) => answers.map(({ type }) => type))`);
    expect(answers).toEqual(["opaque", "opaque"]);
    await page.reload({ waitUntil: "commit" });
    await page.getByRole("button", { name: "Logged in as ann" }).waitFor();
  });
});

describePage("users who have only a secret of Digest", ({ context }) => {
  test("log in by the form, work, and are the principal of their programs", async () => {
    const place = await mkdtemp(join(tmpdir(), "meanwhile-digest-"));
    onTestFinished(() => rm(place, { recursive: true }));
    const args = ["--digest-users", await writeDigestUsers(place), "--realm", realm];
    const server = await startServer({ args });
    onTestFinished(() => server.stop());
    const page = await (await context()).newPage();
    await page.goto(server.url, { waitUntil: "commit" });
    for (const [name, password] of [
      [user.name, "wrong"],
      ["nobody", user.password],
    ] as const) {
      await logIn(page, name, password);
      await page.getByText("The user name or the password is wrong.").waitFor();
    }
    await logIn(page, user.name, user.password);
    await page.getByRole("button", { name: `Logged in as ${user.name}` }).waitFor();
    await page.getByRole("button", { name: "New folder" }).click();
    await page.getByLabel("Name", { exact: true }).fill("made");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "made" }).waitFor();
    const made = /^.*"method":"MKCOL".*$/m.exec(server.log())?.[0] ?? "{}";
    expect(JSON.parse(made)).toMatchObject({ principal: "ann", status: 201 });
    await page.reload({ waitUntil: "commit" });
    await page.getByRole("link", { name: "made" }).waitFor();
  });
});
