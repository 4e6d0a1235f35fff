/** The client in a real browser: before our server, on a page of the same origin and of another. */
import { gzipSync } from "node:zlib";
import { parsePath } from "@meanwhile/dav/path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { loadScripts, openPage, type PageGlobals, startChromium } from "./browser/chromium.ts";
import { bundle, type Site, type SiteOptions, startSite } from "./browser/site.ts";
import { describeWith } from "./judge.ts";

const members = 6;

describeWith(["chromium"], "the client in Chromium", () => {
  let client: string;
  let example: string;
  let browser: Browser;
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    client = await bundle("packages/client/src/browser.ts");
    example = await bundle("examples/browser.ts");
    browser = await startChromium();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(async () => {
    await browser?.close();
  });

  async function site(options: Omit<SiteOptions, "scripts"> = {}): Promise<Site> {
    const started = await startSite({
      scripts: { "/client.js": client, "/example.js": example },
      ...options,
    });
    closing.push(() => started.stop());
    const { tree } = started;
    await tree.createCollection(parsePath("/photos"), []);
    for (let index = 1; index < members; index += 1) {
      await tree.createCollection(parsePath(`/photos/${index}`), []);
    }
    return started;
  }

  /** A page with `dav`, a client for `base`. */
  async function pageOf(
    origin: string,
    { base = "/", tell }: { readonly base?: string; readonly tell?: (news: unknown) => void } = {},
  ): Promise<Page> {
    const page = await openPage(browser, origin, tell);
    closing.push(() => page.context().close());
    await page.evaluate((place) => {
      const globals = globalThis as unknown as PageGlobals;
      globals.dav = globals.client.createClient(place);
    }, base);
    return page;
  }

  test("its size is that of a small library", () => {
    expect(client.length).toBeLessThan(125_000);
    expect(gzipSync(client).length).toBeLessThan(40_000);
  });

  describe("on a page of the server's origin", () => {
    test("the verbs do what they do elsewhere (RFC 4918 §9)", async () => {
      const { origin, take } = await site();
      const page = await pageOf(origin);
      const told = await page.evaluate(async () => {
        const { dav } = globalThis as unknown as PageGlobals;
        const text = async (place: string, range?: { start: number; end: number }): Promise<string> =>
          new Response((await dav.get(place, range === undefined ? {} : { range })).content).text();
        const made = await dav.mkdir("caf\u00e9 100%/");
        const put = await dav.put("caf\u00e9 100%/a#b.txt", "in words").outcome;
        const file = new File(["in a file"], "x.txt", { type: "text/x-notes" });
        await dav.put("file", file).outcome;
        const once = new Blob(["in a ", "stream"]).stream() as ReadableStream<Uint8Array>;
        await dav.put("stream.txt", once).outcome;
        await dav.copy("file", "copied").outcome;
        await dav.move("copied", "moved").outcome;
        const lock = await dav.lock("file", { refresh: false });
        await lock.refresh();
        await lock.unlock();
        await dav.patchProperties("file", [{ set: { namespace: "urn:x", local: "p" }, text: "<&>" }]);
        const properties = await dav.properties("file", [{ namespace: "urn:x", local: "p" }]);
        const contents = [await text("caf\u00e9 100%/a#b.txt"), await text("file"), await text("stream.txt")];
        const part = await text("file", { start: 3, end: 3 });
        const { length } = await dav.stat("file");
        await dav.delete("moved").outcome;
        const paths: string[] = [];
        for await (const { path } of dav.list("", { depth: "infinity" })) paths.push(path);
        const there = [await dav.exists("moved"), await dav.exists("file")];
        const missing = await dav.get("moved").then(
          () => "found",
          (error: Error) => `${error.name}: ${error.message}`,
        );
        return {
          made: made.status,
          put: put.status,
          contents,
          part,
          length,
          property: properties[0]?.text,
          paths: paths.filter((path) => !path.startsWith("photos")).sort(),
          there,
          missing,
          keeps: (await dav.capabilities()).keepsAnswers,
        };
      });
      expect(told).toEqual({
        made: 201,
        put: 201,
        contents: ["in words", "in a file", "in a stream"],
        part: "a",
        length: 9,
        property: "<&>",
        paths: ["caf\u00e9 100%/", "caf\u00e9 100%/a#b.txt", "file", "stream.txt"],
        there: [false, true],
        missing: expect.stringMatching(/^HttpError: GET \/moved: 404/),
        keeps: true,
      });
      const puts = take().filter(({ method }) => method === "PUT");
      // What the caller does not say is left to the server, and not said by fetch.
      expect(puts.map(({ headers }) => headers["content-type"])).toEqual([
        undefined,
        "text/x-notes",
        undefined,
      ]);
    });

    test("a COPY starts at once, its progress moves and never falls, and its outcome comes (RFC 7240 §4.1)", async () => {
      const { origin, gate, tree, take } = await site();
      gate.allow(1);
      const page = await pageOf(origin, { tell: (done) => gate.allowUpTo(Number(done) + 1) });
      const told = await page.evaluate(async () => {
        const { dav, tell } = globalThis as unknown as PageGlobals;
        const copy = dav.copy("photos/", "archive/");
        const seen: number[] = [];
        let total: number | undefined;
        for await (const news of copy.progress) {
          seen.push(news.done);
          total = news.total ?? total;
          await tell(news.done);
        }
        return { seen, total, outcome: await copy.outcome, url: copy.url?.pathname };
      });
      expect(told.outcome).toEqual({ status: 201, created: true });
      expect(told.total).toBe(members);
      expect(told.seen).toEqual(told.seen.toSorted((a, b) => a - b));
      // A member goes on only when the page has seen the one before.
      expect(new Set(told.seen).size).toBeGreaterThanOrEqual(members - 1);
      expect(told.url).toMatch(/^\/\.meanwhile\/operations\/./);
      expect(await tree.lookup(parsePath("/archive/5"))).toBeDefined();
      const copies = take().filter(({ method }) => method === "COPY");
      expect(copies).toHaveLength(1);
      expect(copies[0]?.headers["prefer"]).toBe("respond-async, wait=1");
    });

    test("what is cut off before the 202 is done once, and its outcome comes", async () => {
      const { origin, gate, cut, take } = await site();
      gate.allow(1);
      let cuts = 0;
      gate.onArrival = () => {
        if (cuts > 0) return;
        cuts += 1;
        cut();
      };
      const page = await pageOf(origin, { tell: () => gate.allowUpTo(members) });
      const outcome = await page.evaluate(async () => {
        const { dav, tell } = globalThis as unknown as PageGlobals;
        const copy = dav.copy("photos/", "archive/");
        const ended = copy.outcome;
        // Now it is followed by its status document.
        for await (const news of copy.progress) if (news.total !== undefined) await tell(news.done);
        return ended;
      });
      expect(outcome.status).toBe(201);
      expect(cuts).toBe(1);
      expect(gate.passed).toBe(members);
      const keys = take()
        .filter(({ method }) => method === "COPY")
        .map(({ headers }) => headers["idempotency-key"]);
      expect(keys.length).toBeGreaterThan(1);
      expect(new Set(keys).size).toBe(1);
    });

    test("what is cut off in the middle comes back, goes on, and is done once", async () => {
      const { origin, gate, cut, take } = await site();
      gate.allow(1);
      const page = await pageOf(origin, {
        tell(done) {
          if (done === 3) cut();
          gate.allowUpTo(Number(done) + 1);
        },
      });
      const told = await page.evaluate(async () => {
        const { dav, tell } = globalThis as unknown as PageGlobals;
        const copy = dav.copy("photos/", "archive/");
        const seen: number[] = [];
        let wasAway = false;
        for await (const { done, comingBack = false } of copy.progress) {
          if (comingBack) wasAway = true;
          if (seen.at(-1) === done) continue;
          seen.push(done);
          await tell(done);
        }
        return { wasAway, seen, outcome: await copy.outcome };
      });
      expect(told.outcome.status).toBe(201);
      expect(told.wasAway).toBe(true);
      expect(told.seen).toEqual(told.seen.toSorted((a, b) => a - b));
      expect(told.seen.length).toBeGreaterThanOrEqual(members - 1);
      expect(gate.passed).toBe(members);
      expect(take().filter(({ method }) => method === "COPY")).toHaveLength(1);
    });

    test("cancel() stops it on the server", async () => {
      const { origin, gate, tree } = await site();
      gate.allow(2);
      const page = await pageOf(origin, { tell: () => gate.allowUpTo(members) });
      const told = await page.evaluate(async () => {
        const { dav, tell } = globalThis as unknown as PageGlobals;
        const copy = dav.copy("photos/", "archive/");
        for await (const { done } of copy.progress) if (done === 2) break;
        await copy.cancel();
        await tell("asked");
        return copy.outcome.then(
          () => "done",
          (error: Error) => error.name,
        );
      });
      expect(told).toBe("CancelledError");
      expect(gate.passed).toBeLessThan(members);
      expect(await tree.lookup(parsePath("/archive"))).toBeUndefined();
    });

    test("detach() leaves it to the server, and watch() comes back to it, from another page too", async () => {
      const { origin, gate } = await site();
      gate.allow(2);
      const page = await pageOf(origin);
      const left = await page.evaluate(async () => {
        const { dav } = globalThis as unknown as PageGlobals;
        const copy = dav.copy("photos/", "archive/");
        for await (const { done } of copy.progress) if (done === 2) break;
        const url = copy.detach();
        const error = await copy.outcome.catch((reason: Error) => reason.name);
        return { url: url?.href ?? "", error };
      });
      expect(left.error).toBe("DetachedError");
      await page.close();
      const other = await pageOf(origin, { tell: () => gate.allowUpTo(members) });
      const status = await other.evaluate(async (url) => {
        const { dav, tell } = globalThis as unknown as PageGlobals;
        const watched = dav.watch(new URL(url));
        for await (const { done } of watched.progress) if (done === 2) await tell("go on");
        return (await watched.outcome).status;
      }, left.url);
      expect(status).toBe(201);
    });

    test("the program of docs/client.md shows how far it is, and comes back when the page is loaded again", async () => {
      const { origin, gate, tree } = await site();
      for (const path of ["/files", "/files/2025", "/files/2025/a", "/files/2025/b", "/files/archive"]) {
        await tree.createCollection(parsePath(path), []);
      }
      gate.allow(2);
      const page = await pageOf(origin);
      const half = await page.evaluate(async () => {
        const { example, sessionStorage } = globalThis as unknown as PageGlobals;
        return new Promise<unknown>((resolve) => {
          const bar = {
            max: 1,
            set value(done: number) {
              if (done === 2) resolve({ done, max: this.max });
            },
          };
          example.archive(bar, sessionStorage).then(resolve, resolve);
        });
      });
      expect(half).toEqual({ done: 2, max: 3 });
      await page.reload();
      await loadScripts(page);
      const status = page.evaluate(async () => {
        const { example, sessionStorage } = globalThis as unknown as PageGlobals;
        const bar = { max: 1, value: 0 };
        const ended = await example.comeBack(bar, sessionStorage);
        return { ended, bar };
      });
      gate.allowUpTo(3);
      expect(await status).toEqual({ ended: 201, bar: { max: 3, value: 3 } });
    });

    test("more long requests wait than browsers open connections, and others get through", async () => {
      const { origin, gate } = await site();
      gate.allow(0);
      const page = await pageOf(origin, { tell: () => gate.allowUpTo(Number.POSITIVE_INFINITY) });
      const told = await page.evaluate(async () => {
        const { dav, tell } = globalThis as unknown as PageGlobals;
        const copies = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => dav.copy("photos/", `archive ${number}/`));
        const told = copies.map(async ({ progress }) => {
          for await (const { total } of progress) if (total !== undefined) break;
        });
        await Promise.all(told);
        const { collection } = await dav.stat("photos/");
        await copies[7]?.cancel();
        await tell("go on");
        const [last, ...others] = copies.toReversed();
        const outcomes = await Promise.all(others.map(({ outcome }) => outcome));
        return {
          collection,
          statuses: outcomes.map(({ status }) => status),
          last: await last?.outcome.catch((error: Error) => error.name),
        };
      });
      const statuses = [201, 201, 201, 201, 201, 201, 201];
      expect(told).toEqual({ collection: true, statuses, last: "CancelledError" });
    });

    test("a redirection is followed within the origin, by what changes nothing; never elsewhere", async () => {
      const away = await site();
      const to =
        (location: string): NonNullable<SiteOptions["routes"]>[string] =>
        (_, response) => {
          response.writeHead(307, { Location: location }).end();
        };
      const { origin, take } = await site({
        routes: { "/old": to("/new"), "/away": to(`${away.origin}/new`) },
      });
      const page = await pageOf(origin);
      const told = await page.evaluate(async () => {
        const { dav } = globalThis as unknown as PageGlobals;
        const failure = (error: Error): string => `${error.name}: ${error.message}`;
        await dav.put("new", "here").outcome;
        return [
          await dav.get("old").then(({ content }) => new Response(content).text()),
          await dav.put("old", "there").outcome.then(({ status }) => String(status), failure),
          await dav.get("away").then(() => "got", failure),
          await dav.put("away", "there").outcome.then(({ status }) => String(status), failure),
        ];
      });
      expect(told).toEqual([
        "here",
        "HttpError: PUT /old: 307",
        expect.stringMatching(/^ConnectionError: no complete response from 127/),
        "HttpError: PUT /away: 307",
      ]);
      expect(
        take()
          .filter(({ url }) => url === "/new")
          .map(({ method }) => method),
      ).toEqual(["PUT", "GET"]);
      expect(away.take()).toEqual([]);
    });

    test("nobody there: a change that was never sent fails at once, and says so", async () => {
      const started = await site();
      const page = await pageOf(started.origin);
      await started.stop();
      const told = await page.evaluate(async () => {
        const { dav } = globalThis as unknown as PageGlobals;
        const failure = (error: Error & { mayHaveArrived?: boolean }): unknown => [
          error.name,
          error.mayHaveArrived,
        ];
        return [await dav.delete("photos/").outcome.catch(failure), await dav.stat("").catch(failure)];
      });
      expect(told).toEqual([
        ["ConnectionError", false],
        ["ConnectionError", true],
      ]);
      closing.shift();
    });
  });

  describe("with credentials", () => {
    const protectedSite = (): Promise<Site> =>
      site({
        authenticate: ({ headers }) =>
          headers.authorization === `Basic ${Buffer.from("ann:s\u00e9same").toString("base64")}` ||
          headers.authorization === "Bearer abc"
            ? { kind: "known", principal: "ann" }
            : {
                kind: "challenge",
                challenges: ['Digest realm="x", nonce="n", qop="auth"', 'Basic realm="x"'],
              },
      });

    test("name and password are for Basic, a token for Bearer; the browser asks nobody (RFC 7617, RFC 6750)", async () => {
      const { origin, take } = await protectedSite();
      const page = await pageOf(origin);
      const told = await page.evaluate(async () => {
        const { client } = globalThis as unknown as PageGlobals;
        const ann = client.createClient("/", { username: "ann", password: "s\u00e9same" });
        const bearer = client.createClient("/", { token: "abc" });
        const wrong = client.createClient("/", { username: "ann", password: "simsim" });
        const once = new Blob(["sent once"]).stream() as ReadableStream<Uint8Array>;
        return [
          (await ann.put("a.txt", once).outcome).status,
          (await ann.copy("photos/", "archive/").outcome).status,
          (await bearer.stat("a.txt")).length,
          await wrong.stat("a.txt").catch((error: { status?: number }) => error.status),
        ];
      });
      expect(told).toEqual([201, 201, 9, 401]);
      // On this machine, or by TLS, nobody listens: they need not be asked for first.
      expect(take().filter(({ headers }) => headers.authorization === undefined)).toEqual([]);
    });
  });

  describe("on a page of another origin (CORS)", () => {
    test("it works where the server lets that origin ask, and shows it the fields", async () => {
      const pages = await site();
      const files = await site({ cors: [pages.origin], authenticate: onlyAnn });
      files.gate.allow(1);
      const page = await pageOf(pages.origin, {
        base: `${files.origin}/`,
        tell: (done) => files.gate.allowUpTo(Number(done) + 1),
      });
      const told = await page.evaluate(async (base) => {
        const { client, tell } = globalThis as unknown as PageGlobals;
        const dav = client.createClient(base, { username: "ann", password: "sesame" });
        const copy = dav.copy("photos/", "archive/");
        const seen: number[] = [];
        for await (const { done } of copy.progress) {
          seen.push(done);
          await tell(done);
        }
        const paths: string[] = [];
        for await (const { path } of dav.list("archive/")) paths.push(path);
        await dav.put("a.txt", "text").outcome;
        const { etag } = await dav.get("a.txt");
        return { status: (await copy.outcome).status, seen, count: paths.length, tagged: etag !== undefined };
      }, `${files.origin}/`);
      expect(told).toMatchObject({ status: 201, count: members - 1, tagged: true });
      expect(new Set(told.seen).size).toBeGreaterThanOrEqual(members - 1);
      expect(pages.take()).toEqual([]);
    });

    test("elsewhere the error names CORS, and nothing was sent", async () => {
      const pages = await site();
      const files = await site();
      const page = await pageOf(pages.origin, { base: `${files.origin}/` });
      const told = await page.evaluate(async () => {
        const { dav } = globalThis as unknown as PageGlobals;
        return dav.delete("photos/").outcome.then(
          () => "done",
          (error: Error) => `${error.name}: ${error.message}`,
        );
      });
      expect(told).toMatch(
        /^ConnectionError: .*does not let pages of http:\/\/127\.0\.0\.1:\d+ ask \(CORS\)$/,
      );
      expect(files.take().filter(({ method }) => method === "DELETE")).toEqual([]);
      expect(await files.tree.lookup(parsePath("/photos"))).toBeDefined();
    });
  });
});

const onlyAnn: NonNullable<SiteOptions["authenticate"]> = ({ headers }) =>
  headers.authorization === `Basic ${Buffer.from("ann:sesame").toString("base64")}`
    ? { kind: "known", principal: "ann" }
    : { kind: "challenge", challenges: ['Basic realm="x"'] };
