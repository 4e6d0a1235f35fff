/** Tests of the page in Chromium, as it is built. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { parsePath } from "@meanwhile/dav";
import { createOperations } from "@meanwhile/operations";
import { browserPage } from "@meanwhile/page";
import { createDavHandler, type DavHandlerOptions } from "@meanwhile/server";
import type { Tree } from "@meanwhile/server/store";
import { createMemoryLockStore, createMemoryTree, slowTree } from "@meanwhile/server/testing";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { startChromium } from "../browser/chromium.ts";
import { StepGate } from "../browser/site.ts";
import { describeWith } from "../judge.ts";

/** A server with a page, and what it was asked. */
export interface PageSite {
  readonly origin: string;
  readonly tree: Tree;
  /** Where members of a COPY, MOVE or DELETE wait. */
  readonly gate: StepGate;
  /** Where bytes of documents wait, a chunk at a time. */
  readonly bytes: StepGate;
  /** "METHOD /target", in order, all that came. */
  readonly asked: readonly string[];
  /** Sends a request of a program. @returns the status */
  send(
    method: string,
    target: string,
    options?: { content?: string; fields?: Record<string, string> },
  ): Promise<number>;
}

export interface PageStage {
  site(options?: SiteOptions): Promise<PageSite>;
  /** Opens a page, and waits until the folder is shown. What the page logs, or throws, fails the test. */
  open(url: string, options?: BrowserContextOptions): Promise<Page>;
  /** A profile without any page. */
  context(options?: BrowserContextOptions): Promise<BrowserContext>;
  /** Another window of the same browser profile. */
  another(page: Page, url: string): Promise<Page>;
}

export interface SiteOptions extends Partial<DavHandlerOptions> {
  /** Answers some requests instead; true where it did. */
  readonly intercept?: (request: IncomingMessage) => boolean;
  /** Without the page; default false. */
  readonly listingOnly?: boolean;
}

/** Describes them; all that they start is ended after each test. */
export function describePage(title: string, body: (stage: PageStage) => void): void {
  describeWith(["chromium"], title, () => {
    const closing: (() => Promise<unknown>)[] = [];
    let browser: Browser | undefined;
    let complaints: string[] = [];
    beforeAll(async () => {
      browser = await startChromium();
    });
    afterEach(async () => {
      for (const close of closing.splice(0).reverse()) await close();
      const told = complaints;
      complaints = [];
      if (told.length > 0) throw new Error(`the page complained: ${told.join("\n")}`);
    });
    afterAll(() => browser?.close());

    const watch = (page: Page): Page => {
      page.on("pageerror", (error) => complaints.push(error.stack ?? error.message));
      page.on("console", (message) => {
        // Answers that are errors are told there, too.
        if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
          complaints.push(message.text());
      });
      return page;
    };

    const context = async (options: BrowserContextOptions = {}): Promise<BrowserContext> => {
      if (browser === undefined) throw new Error("pages are opened in tests");
      const opened = await browser.newContext({ locale: "en", ...options });
      closing.push(() => opened.close());
      return opened;
    };

    body({
      async site({ intercept, listingOnly = false, ...options } = {}) {
        const tree = createMemoryTree();
        const [gate, bytes] = [new StepGate(), new StepGate()];
        const asked: string[] = [];
        const handler = createDavHandler({
          ...(listingOnly ? {} : { page: browserPage() }),
          tree: slowTree(tree, async (step) => {
            if (step === "member") await gate.pass();
            if (step === "bytes") await bytes.pass();
          }),
          locks: createMemoryLockStore({ clock: Date.now }),
          operations: createOperations(),
          ...options,
        });
        const server = createServer((request, response) => {
          asked.push(`${request.method} ${request.url}`);
          if (intercept?.(request) === true) return;
          handler(request, response);
        });
        server.listen(0, "127.0.0.1");
        await once(server, "listening");
        const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        closing.push(async () => {
          gate.allowUpTo(Number.POSITIVE_INFINITY);
          bytes.allowUpTo(Number.POSITIVE_INFINITY);
          server.closeAllConnections();
          server.close();
          await handler.close();
        });
        return {
          origin,
          tree,
          gate,
          bytes,
          asked,
          async send(method, target, { content, fields = {} } = {}) {
            const answer = await fetch(origin + target, {
              method,
              headers: fields,
              ...(content === undefined ? {} : { body: content }),
            });
            await answer.arrayBuffer();
            return answer.status;
          },
        };
      },
      context,
      async open(url, options = {}) {
        const page = watch(await (await context(options)).newPage());
        await page.goto(url, { waitUntil: "commit" });
        await shown(page);
        return page;
      },
      async another(page, url) {
        const other = watch(await page.context().newPage());
        await other.goto(url, { waitUntil: "commit" });
        await shown(other);
        return other;
      },
    });
  });
}

/** Waits until the whole folder, or why it cannot be, is shown. */
export async function shown(page: Page): Promise<void> {
  await page.locator('#page[data-state="shown"], #page[data-state="failed"]').waitFor({ timeout: 100_000 });
}

/** Does what asks the server to stop something, and waits until it was asked. */
export async function stopped(page: Page, act: () => Promise<unknown>): Promise<void> {
  const answered = page.waitForResponse((response) => response.url().endsWith("/cancel"));
  await act();
  await answered;
}

/** The names of the rows that are made, from top to bottom. */
export async function rowNames(page: Page): Promise<readonly string[]> {
  return page.locator(".space .row .name bdi").allTextContents();
}

/** Makes documents that contain their own path, and collections where a path ends in "/". */
export async function plant(tree: Tree, ...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if (path.endsWith("/")) {
      await tree.createCollection(parsePath(path), []);
      continue;
    }
    const draft = await tree.draft(parsePath(path), { length: undefined });
    await draft.write(Buffer.from(path));
    await draft.commit({ modifiedMs: undefined });
  }
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core has to say against the page as it is now, in light and in dark colours. */
export async function violations(page: Page): Promise<readonly string[]> {
  // Not by a script element: the page's policy lets none in.
  await page.evaluate(axe);
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(transitionsEnded);
    for (const violation of await violationsNow(page)) found.push(`${colorScheme}: ${violation}`);
  }
  await page.emulateMedia({ colorScheme: null });
  return found;
}

/** Runs in the page: colours that are on their way are nobody's. */
const transitionsEnded = `Promise.all(document.getAnimations()
  .filter((one) => one instanceof CSSTransition)
  .map(({ finished }) => finished.catch(() => undefined))).then(() => undefined)`;

async function violationsNow(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
      };
    };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
  });
}
