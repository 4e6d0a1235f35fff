import { parsePath } from "@meanwhile/dav";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { describeWith } from "../judge.ts";
import { openPage, type PageGlobals, startChromium } from "./chromium.ts";
import { bundle, type Site, type SiteOptions, startSite } from "./site.ts";

/** Resources of the collection /photos/ of each site, itself included. */
export const members = 6;

/** What tests in Chromium have; all that they start is ended after each test. */
export interface Stage {
  /** By their path, once they are made. */
  scripts(): ReadonlyMap<string, string>;
  site(options?: Omit<SiteOptions, "scripts">): Promise<Site>;
  /** A page with `dav`, a client for `base`, which is the site itself by default. */
  pageOf(
    origin: string,
    options?: { readonly base?: string; readonly tell?: (news: unknown) => void },
  ): Promise<Page>;
  /** What is done after the test, the last one first. */
  readonly closing: (() => Promise<void>)[];
}

/** Describes tests in Chromium, as {@link describeWith} does. */
export function describeInChromium(title: string, body: (stage: Stage) => void): void {
  describeWith(["chromium"], title, () => {
    const scripts = new Map<string, string>();
    const closing: (() => Promise<void>)[] = [];
    let browser: Browser | undefined;

    beforeAll(async () => {
      scripts.set("/client.js", await bundle("packages/client/src/browser.ts"));
      scripts.set("/example.js", await bundle("examples/browser.ts"));
      browser = await startChromium();
    });
    afterEach(async () => {
      for (const close of closing.splice(0).reverse()) await close();
    });
    afterAll(async () => {
      await browser?.close();
    });

    body({
      scripts: () => scripts,
      closing,
      async site(options = {}) {
        const started = await startSite({ scripts, ...options });
        closing.push(() => started.stop());
        await started.tree.createCollection(parsePath("/photos"), []);
        for (let index = 1; index < members; index += 1) {
          await started.tree.createCollection(parsePath(`/photos/${index}`), []);
        }
        return started;
      },
      async pageOf(origin, { base = "/", tell } = {}) {
        if (browser === undefined) throw new Error("pages are opened in tests");
        const page = await openPage(browser, origin, tell);
        closing.push(() => page.context().close());
        await page.evaluate((place) => {
          const globals = globalThis as unknown as PageGlobals;
          globals.dav = globals.client.createClient(place);
        }, base);
        return page;
      },
    });
  });
}
