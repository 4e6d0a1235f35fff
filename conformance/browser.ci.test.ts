/** The client in a real browser: its verbs, its credentials, and whom it asks. */
import { gzipSync } from "node:zlib";
import { parsePath } from "@meanwhile/dav";
import { describe, expect, test } from "vitest";
import type { PageGlobals } from "./browser/chromium.ts";
import { describeInChromium, members } from "./browser/describe-in-chromium.ts";
import type { Site, SiteOptions } from "./browser/site.ts";

describeInChromium("the client in Chromium", ({ scripts, site, pageOf, closing }) => {
  test("its size is that of a small library", () => {
    const client = scripts().get("/client.js") ?? "";
    expect(client).toContain("DAV:");
    expect(client.length).toBeLessThan(160_000);
    expect(gzipSync(client).length).toBeLessThan(52_500);
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
