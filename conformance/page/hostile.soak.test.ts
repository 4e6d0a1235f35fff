/** Hostile names and contents, and pages of other sites. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parsePath } from "@meanwhile/dav";
import { expect, onTestFinished, test } from "vitest";
import { startChromium } from "../browser/chromium.ts";
import { describePage, plant, rowNames, shown } from "./describe-page.ts";

const run = "window.evil=1";
const names = [
  `<script>${run}<\u2215script>`,
  `<img src=x onerror=${run}>`,
  `"><svg onload=${run}>`,
  `' autofocus onfocus=${run} x='`,
  `javascript:${run}`,
  "<!--",
  "<\u2215noscript>",
  "{{constructor.constructor('window.evil=1')()}}",
  "__proto__",
  "constructor",
  "%3Cscript%3E",
  "%2e%2e%2f",
];

describePage("hostile names and contents", ({ site, open, context }) => {
  test("are text: nothing of them runs, and each can be looked into, renamed and deleted", async () => {
    const { origin, tree, send } = await site();
    for (const name of names) {
      expect([name, await send("MKCOL", `/${encodeURIComponent(name)}/`)]).toEqual([name, 201]);
      await plant(tree, `/${encodeURIComponent(name)}/${encodeURIComponent(name)}.html`);
    }
    const page = await open(`${origin}/`);
    expect((await rowNames(page)).length).toBe(names.length);
    for (const name of names) {
      await page.goto(`${origin}/${encodeURIComponent(name)}/`);
      await page.locator('#page[data-state="shown"]').waitFor();
      expect(await rowNames(page)).toEqual([`${name}.html`]);
      await page.locator(".space .check input").click();
      await page.getByRole("button", { name: "Delete" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
      await page.getByRole("heading", { name: "This folder is empty" }).waitFor();
    }
    expect(await page.evaluate("window.evil")).toBeUndefined();
    expect(await page.evaluate("({}).evil")).toBeUndefined();
  });

  test("a name that would read backwards is shown as it is", async () => {
    const { origin, tree } = await site();
    await plant(tree, `/${encodeURIComponent("photo\u202egpj.exe")}`);
    const page = await open(`${origin}/`);
    expect(await rowNames(page)).toEqual(["photo\ufffdgpj.exe"]);
  });

  test("scripts of a site that the operator trusts run", async () => {
    const { origin, send, asked } = await site({ trustHtml: true });
    await send("PUT", "/site.html", { content: `<script>fetch("/made",{method:"MKCOL"})</script>` });
    const page = await (await context()).newPage();
    await page.goto(`${origin}/site.html`, { waitUntil: "networkidle" });
    expect(asked).toContain("MKCOL /made");
  });

  test("an uploaded file cannot act as the one who opens it, not even by a script that lies beside it", async () => {
    const { origin, send, asked } = await site();
    const attack = `fetch("/deleted",{method:"DELETE"});fetch("/made",{method:"MKCOL"});parent.${run}`;
    await send("PUT", "/deleted", { content: "x" });
    await send("PUT", "/evil.js", { content: attack });
    await send("PUT", "/evil.html", {
      content: `<script>${attack}</script><script src="/evil.js"></script><img src=x onerror='${attack}'>`,
    });
    await send("PUT", "/evil.svg", {
      content: `<svg xmlns="http://www.w3.org/2000/svg"><script>${attack}</script></svg>`,
    });
    const page = await (await context()).newPage();
    for (const name of ["evil.html", "evil.svg"])
      await page.goto(`${origin}/${name}`, { waitUntil: "networkidle" });
    expect(asked.filter((one) => /^(?:DELETE|MKCOL)/.test(one))).toEqual([]);
    await page.goto(`${origin}/`);
    // Nor does the page take it in, whoever asks it to.
    const told = await page.evaluate(takeScript);
    expect(told).toContain("TrustedScriptURL");
    expect(await send("GET", "/deleted")).toBe(200);
  });

  test("a page of another site changes nothing, by whatever way a browser has", async () => {
    const { origin, send, asked } = await site();
    await send("PUT", "/deleted", { content: "x" });
    const others = createServer((_request, response) => {
      response.setHeader("Content-Type", "text/html");
      response.end(
        `<form id=f method=post action="${origin}/.meanwhile/operations/x/cancel" enctype=text/plain></form>`,
      );
    }).listen(0, "127.0.0.1");
    await once(others, "listening");
    try {
      const page = await (await context()).newPage();
      await page.goto(`http://localhost:${(others.address() as AddressInfo).port}/`);
      const told = await page.evaluate(attacks(origin));
      // An opaque answer is all that a page gets of a simple POST, and it was refused.
      expect(told).toEqual(["rejected", "rejected", "rejected", "fulfilled"]);
      await page.evaluate("document.getElementById('f').submit()");
      await page.waitForURL(/cancel$/);
      expect(await page.content()).toContain("web page of another site");
      expect(await send("GET", "/deleted")).toBe(200);
      expect(await send("GET", "/made")).toBe(404);
      expect(asked.some((one) => one.startsWith("POST"))).toBe(true);
    } finally {
      others.close();
      others.closeAllConnections();
    }
  });
});

/** What runs in pages. */
const takeScript = `(() => {
  const script = document.createElement("script");
  try {
    script.src = "/evil.js";
    return "taken";
  } catch (error) {
    return String(error);
  }
})()`;

const attacks = (at: string): string => `(async () => {
  const attempts = [
    fetch("${at}/deleted", { method: "DELETE", mode: "no-cors" }),
    fetch("${at}/deleted", { method: "DELETE" }),
    fetch("${at}/made", { method: "PUT", body: "x" }),
    fetch("${at}/.meanwhile/operations/x/cancel", { method: "POST", mode: "no-cors", body: "x" }),
  ];
  navigator.sendBeacon("${at}/.meanwhile/operations/x/cancel", "x");
  return (await Promise.allSettled(attempts)).map(({ status }) => status);
})()`;

describePage("a name that an attacker made to lead here", ({ site }) => {
  test("is none of this machine's: its pages change nothing, and the page says that it may not", async () => {
    const { origin, tree } = await site();
    await plant(tree, "/a.txt");
    const browser = await startChromium(["--host-resolver-rules=MAP evil.example 127.0.0.1"]);
    onTestFinished(() => browser.close());
    const page = await (await browser.newContext({ locale: "en" })).newPage();
    const { port } = new URL(origin);
    await page.goto(`http://evil.example:${port}/`, { waitUntil: "commit" });
    await shown(page);
    const told = (await page.evaluate(`fetch("/a.txt", { method: "DELETE" })
      .then(async (answer) => [answer.status, await answer.text()])`)) as [number, string];
    expect(told).toEqual([403, expect.stringContaining("--base-url")]);
    await page.getByRole("button", { name: "New folder" }).click();
    await page.getByLabel("Name", { exact: true }).fill("made");
    await page.keyboard.press("Enter");
    await page.getByText("You may not do this here.").waitFor();
    expect(await tree.lookup(parsePath("/a.txt"))).toBeDefined();
    expect(await tree.lookup(parsePath("/made"))).toBeUndefined();
  });
});
