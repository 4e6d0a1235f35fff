import type { createClient as createBrowserClient, DavClient } from "@meanwhile/client/browser";
import { type Browser, chromium, type Page } from "playwright-core";
import type { Store } from "../../examples/browser.ts";
import { judge } from "../judge.ts";

/** What a page of {@link openPage} has, to functions that run there. */
export interface PageGlobals {
  readonly client: { readonly createClient: typeof createBrowserClient };
  readonly example: typeof import("../../examples/browser.ts");
  readonly sessionStorage: Store;
  dav: DavClient;
  /** What the test does meanwhile. */
  tell(news: unknown): Promise<void>;
}

/**
 * Starts the installed Chromium, with an empty profile and without talking to anybody of its own.
 *
 * @param args more of its switches
 */
export async function startChromium(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: judge("chromium").program,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...args,
    ],
  });
}

/** Opens a page of a site, with the client in it. `tell` is called with what the page tells, one after the other. */
export async function openPage(
  browser: Browser,
  origin: string,
  tell: (news: unknown) => void = () => undefined,
): Promise<Page> {
  // Each has cookies and caches of its own.
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.exposeFunction("tell", tell);
  await page.goto(`${origin}/page.html`);
  await loadScripts(page);
  return page;
}

/** Brings the client and the example into a page that was loaded. */
export async function loadScripts(page: Page): Promise<void> {
  await page.addScriptTag({
    type: "module",
    content: `
      import * as client from "/client.js";
      import * as example from "/example.js";
      Object.assign(globalThis, { client, example });
    `,
  });
  await page.waitForFunction("globalThis.example");
}
