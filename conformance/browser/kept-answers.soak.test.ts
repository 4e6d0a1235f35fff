/** What others wrote is shown by URLs of this origin: nothing of it may run there with the rights of its reader. */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { parsePath } from "@meanwhile/dav";
import { operationOf, processing } from "@meanwhile/middleware/node";
import { createOperations } from "@meanwhile/operations";
import { createDavHandler } from "@meanwhile/server";
import { createMemoryLockStore, createMemoryTree } from "@meanwhile/server/testing";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { describeWith } from "../judge.ts";
import { startChromium } from "./chromium.ts";

const run = 'new Image().src="/hit"';
const html = `<!doctype html><script>${run}</script><svg onload='${run}'></svg><img src=x: onerror='${run}'>`;
const xhtml = `<html xmlns="http://www.w3.org/1999/xhtml"><body><script>${run}</script></body></html>`;
const svg = `<svg xmlns="http://www.w3.org/2000/svg"><script>${run}</script></svg>`;
const sheet =
  '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">' +
  `<xsl:template match="/"><html><script>${run}</script></html></xsl:template></xsl:stylesheet>`;
const styled = `<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="data:text/xml,${encodeURIComponent(sheet)}"?><a/>`;
const parts = `--b\r\nContent-Type: text/html\r\n\r\n${html}\r\n--b--\r\n`;

/** `runs`: whether Chromium runs it where nobody prevents that. */
const contents: readonly (readonly [name: string, type: string | undefined, text: string, runs: boolean])[] =
  [
    ["HTML", "text/html", html, true],
    ["HTML whose type is in capitals", "TEXT/HTML ; charset=x", html, true],
    ["HTML without a type", undefined, html, true],
    ["HTML with a type that is none", "html", html, true],
    ["HTML as plain text", "text/plain", html, false],
    ["HTML as JSON", "application/json", html, false],
    ["HTML as JSON and HTML", "application/json, text/html", html, true],
    ["HTML as an image", "image/png", html, false],
    ["XHTML", "application/xhtml+xml", xhtml, true],
    ["XHTML as XML", "application/xml", xhtml, true],
    ["XHTML as text/xml", "text/xml; charset=utf-8", xhtml, true],
    ["XHTML as a type of XML that nobody knows", "application/x+xml", xhtml, false],
    ["SVG", "image/svg+xml", svg, true],
    ["SVG as XML", "application/xml", svg, true],
    ["XML with a stylesheet", "text/xml", styled, true],
    ["several parts", "multipart/mixed; boundary=b", parts, false],
    ["parts that replace each other", "multipart/x-mixed-replace; boundary=b", parts, false],
  ];

/** Names of members, remarks, targets. */
const words = [
  `<script>${run}</script>`,
  `"><img src=x: onerror='${run}'>`,
  `' autofocus onfocus=${run} x='`,
  `</title></style></script><script>${run}</script>`,
  `javascript:${run}`,
  `&lt;script&gt;${run}&lt;/script&gt;`,
  `\u2028${run}//`,
  `--><script>${run}</script><!--`,
];

describeWith(["chromium"], "what others wrote, in Chromium", () => {
  let browser: Browser;
  let hits = 0;
  const closing: (() => unknown)[] = [];
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    hits = 0;
  });
  afterAll(() => browser?.close());

  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer((request, response) => {
      if (request.url === "/hit") {
        hits += 1;
        response.end();
      } else listener(request, response);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    closing.push(() => {
      server.close();
      server.closeAllConnections();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function open(): Promise<Page> {
    const context = await browser.newContext();
    closing.push(() => context.close());
    return context.newPage();
  }

  /** Goes there, and waits for all that it loads. A download is no page. @returns what the page is called, if it is one */
  async function visit(page: Page, url: string): Promise<string> {
    const shown = await page.goto(url, { waitUntil: "load" }).then(
      () => true,
      () => false,
    );
    return shown ? page.title() : "";
  }

  test("a handler's answer runs where it is its own, and nowhere by the URL of its operation", async () => {
    let id = 0;
    const operations = createOperations({ newId: () => `operation-${id}` });
    const origin = await serve(
      processing({ operations })((request, response) => {
        const [, type, text] = contents[Number(request.url?.slice(1))] ?? [];
        if (type !== undefined) response.setHeader("Content-Type", type);
        response.end(text);
      }),
    );
    const page = await open();
    const found: unknown[] = [];
    for (const [name, , , isActive] of contents) {
      hits = 0;
      await visit(page, `${origin}/${id}`);
      // A stylesheet of XML may run when its page was loaded.
      if (isActive) await expect.poll(() => hits, { message: name }).toBeGreaterThan(0);
      const runs = hits > 0;
      await page.goto("about:blank");
      hits = 0;
      await fetch(`${origin}/${id}`, {
        method: "POST",
        headers: { "Idempotency-Key": crypto.randomUUID() },
      });
      const place = `${origin}/.meanwhile/operations/operation-${id}`;
      expect((await fetch(`${place}/outcome`)).status).toBe(200);
      await visit(page, `${place}/outcome`);
      found.push([name, runs, hits]);
      id += 1;
    }
    expect(found).toEqual(contents.map(([name, , , runs]) => [name, runs, 0]));
  });

  test("the owner of a LOCK runs nothing by the URL of its outcome", async () => {
    const operations = createOperations({ newId: () => "lock" });
    const handler = createDavHandler({
      tree: createMemoryTree(),
      locks: createMemoryLockStore({ clock: Date.now }),
      operations,
    });
    closing.push(() => handler.close());
    const origin = await serve(handler);
    const locked = await fetch(`${origin}/a`, {
      method: "LOCK",
      headers: { "Idempotency-Key": crypto.randomUUID() },
      body: `<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype><owner>${xhtml}${svg}</owner></lockinfo>`,
    });
    expect(locked.status).toBe(201);
    const outcome = await fetch(`${origin}/.meanwhile/operations/lock/outcome`);
    expect([outcome.status, await outcome.text()]).toEqual([201, expect.stringContaining(run)]);
    const page = await open();
    await visit(page, `${origin}/.meanwhile/operations/lock/outcome`);
    expect(hits).toBe(0);
  });

  test.each(words)("pages about operations show %j", async (word) => {
    const operations = createOperations({ newId: () => "operation" });
    let go = (): void => undefined;
    const gone = new Promise<void>((resolve) => {
      go = resolve;
    });
    const origin = await serve(
      processing({ operations, principal: () => "ann" })(async (_request, response) => {
        const operation = operationOf(response);
        operation.progress(1, 2, word);
        operation.result(423, `/${word}`);
        await gone;
        response.end("done");
      }),
    );
    closing.push(go);
    const accepted = await fetch(`${origin}/${encodeURIComponent(word)}?${word}`, {
      method: "POST",
      headers: { Prefer: "respond-async, wait=0" },
    });
    expect(accepted.status).toBe(202);
    const page = await open();
    expect(await visit(page, `${origin}/.meanwhile/operations/operation`)).toMatch(/^50% POST/);
    await page.waitForFunction("document.getElementById('remark').textContent !== ''");
    expect(await visit(page, `${origin}/.meanwhile/operations/`)).toBe("Operations");
    expect(hits).toBe(0);
  });

  test("files and listings with hostile names and contents run nothing", async () => {
    const tree = createMemoryTree();
    const handler = createDavHandler({
      tree,
      locks: createMemoryLockStore({ clock: Date.now }),
      operations: createOperations(),
    });
    closing.push(() => handler.close());
    const origin = await serve(handler);
    const put = async (name: string, text: string): Promise<string> => {
      const url = `${origin}/${encodeURIComponent(name)}`;
      expect(
        (await fetch(url, { method: "PUT", body: text, headers: { "Content-Type": "text/html" } })).status,
      ).toBe(201);
      return url;
    };
    const files: string[] = [];
    for (const ending of [
      "html",
      "htm",
      "xhtml",
      "xht",
      "svg",
      "svgz",
      "xml",
      "xsl",
      "mht",
      "shtml",
      "rdf",
      "hta",
      "",
      "txt",
      "pdf",
    ]) {
      const text = ending.startsWith("sv") ? svg : /^x/.test(ending) ? xhtml : html;
      files.push(await put(`file.${ending}`, text));
    }
    const folders: string[] = [];
    for (const word of words) {
      const name = word.replaceAll("/", "\u2215");
      files.push(await put(`${name}.html`, html));
      const url = `${origin}/in ${encodeURIComponent(name)}/`;
      expect((await fetch(url, { method: "MKCOL" })).status).toBe(201);
      folders.push(url);
    }
    expect(await tree.lookup(parsePath("/file.html"))).toBeDefined();
    const page = await open();
    for (const url of files) await visit(page, url);
    for (const url of folders) expect(await visit(page, url)).not.toBe("");
    expect(await visit(page, `${origin}/`)).not.toBe("");
    expect(hits).toBe(0);
  });
});
