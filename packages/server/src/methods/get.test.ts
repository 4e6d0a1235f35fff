import { parsePath } from "@meanwhile/dav";
import { parseXml, setting } from "@meanwhile/dav/xml";
import { beforeEach, describe, expect, test } from "vitest";
import type { ServerContext } from "../context.ts";
import type { Answer } from "../http/answer.ts";
import { type OpenDocument, type Tree, TreeError } from "../store.ts";
import {
  plant,
  readContent,
  type TestRequestOptions,
  testContext,
  testNowMs,
  testRequest,
} from "../testing/own/read-fixture.ts";
import { get } from "./get.ts";

const digits = "0123456789";
const large = digits.repeat(20_000);

let context: ServerContext;
/** Documents that were opened, and not yet closed. */
let open: number;

beforeEach(async () => {
  open = 0;
  context = testContext();
  context = { ...context, tree: counting(context.tree), now: () => testNowMs + 3_600_000 };
  await plant(context.tree, "/digits.txt", digits);
  await plant(context.tree, "/large.bin", large);
  await plant(context.tree, "/empty", "");
  await plant(context.tree, "/c/page.html", "<script>");
});

/** Keeps count of open documents. */
function counting(tree: Tree): Tree {
  return new Proxy(tree, {
    get(target, key) {
      if (key === "open") {
        return async (...args: Parameters<Tree["open"]>): Promise<OpenDocument> => {
          const document = await target.open(...args);
          let closed = false;
          open += 1;
          return {
            ...document,
            close: () => {
              if (!closed) open -= 1;
              closed = true;
              document.close();
            },
          };
        };
      }
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function ask(
  target: string,
  headers: Record<string, string> = {},
  options: TestRequestOptions = {},
): Promise<Answer> {
  return get(testRequest("GET", target, { ...options, headers }), context);
}

function lengthOf({ body }: Answer): number | undefined {
  if (body.kind === "none") return 0;
  return body.kind === "bytes" ? Buffer.byteLength(body.bytes) : body.length;
}

async function etagOf(target: string): Promise<string> {
  const resource = await context.tree.lookup(parsePath(target));
  if (resource?.kind !== "document") throw new Error("must be a document");
  return resource.etag;
}

describe("GET of a document (RFC 9110 §9.3.1)", () => {
  test("has its content, and all that is known of it", async () => {
    const answer = await ask("/digits.txt");
    expect(answer.status).toBe(200);
    expect(answer.fields).toEqual({
      "Content-Type": "text/plain; charset=utf-8",
      ETag: await etagOf("/digits.txt"),
      "Last-Modified": "Thu, 15 Jan 2026 12:00:00 GMT",
      "Accept-Ranges": "bytes",
      "Cache-Control": "no-cache",
      "X-Content-Type-Options": "nosniff",
    });
    expect(await readContent(answer)).toBe(digits);
    expect(open).toBe(0);
  });

  test.each([
    ["/large.bin", large],
    ["/empty", ""],
  ])("%s is whole, its length known beforehand, and closed afterwards", async (target, content) => {
    const answer = await ask(target);
    expect(lengthOf(answer)).toBe(content.length);
    expect(await readContent(answer)).toBe(content);
    expect(open).toBe(0);
  });

  test("closing an answer that nobody read closes the document", async () => {
    const { body } = await ask("/large.bin");
    expect(open).toBe(1);
    if (body.kind === "stream") body.close();
    expect(open).toBe(0);
  });

  test("what a known principal reads is not for shared caches", async () => {
    expect((await ask("/digits.txt", {}, { principal: "ann" })).fields["Cache-Control"]).toBe(
      "private, no-cache",
    );
  });

  test.each([
    ["/c/page.html", "text/html", "sandbox"],
    ["/drawing.svg", "image/svg+xml", "sandbox"],
    ["/feed.xml", "application/xml", "sandbox"],
    ["/notes.md", "text/markdown; charset=utf-8", undefined],
  ])("a browser runs no script in %s: it is foreign", async (target, type, policy) => {
    if (target !== "/c/page.html") await plant(context.tree, target, "<svg/>");
    const { fields } = await ask(target);
    expect(fields["Content-Type"]).toBe(type);
    expect(fields["Content-Security-Policy"]).toBe(policy);
    expect(fields["X-Content-Type-Options"]).toBe("nosniff");
  });

  test("a server that trusts its documents lets their scripts run, and still guesses no type", async () => {
    const { fields } = await get(testRequest("GET", "/c/page.html"), { ...context, trustHtml: true });
    expect(fields["Content-Security-Policy"]).toBeUndefined();
    expect(fields["X-Content-Type-Options"]).toBe("nosniff");
  });

  test.each([
    ["de, en-GB", "de, en-GB"],
    ["de\r\nSet-Cookie: a=b", undefined],
    ["", undefined],
    ["not a language!", undefined],
  ])("the language that a client declared as %j is told as %s (RFC 4918 §15.3)", async (declared, told) => {
    const element = parseXml(`<l:getcontentlanguage xmlns:l="DAV:">${declared}</l:getcontentlanguage>`);
    await context.tree.patchProperties(parsePath("/digits.txt"), [setting(element)]);
    expect((await ask("/digits.txt")).fields["Content-Language"]).toBe(told);
  });

  test("with a trailing slash it is served, and its right URL told", async () => {
    const answer = await ask("/digits.txt/", {}, { prefix: "/dav" });
    expect(await readContent(answer)).toBe(digits);
    expect(answer.fields["Content-Location"]).toBe("/dav/digits.txt");
  });

  test.each(["GET", "HEAD"])("%s of nothing fails", async (method) => {
    const failure = { code: "not-found" };
    await expect(get(testRequest(method, "/none"), context)).rejects.toMatchObject(failure);
    await expect(get(testRequest(method, "/none/"), context)).rejects.toMatchObject(failure);
  });
});

describe("HEAD (RFC 9110 §9.3.2)", () => {
  test.each(["/digits.txt", "/large.bin", "/empty", "/c/page.html", "/c/"])(
    "%s has the fields of GET, and leaves nothing open",
    async (target) => {
      const full = await ask(target);
      if (full.body.kind === "stream") full.body.close();
      const answer = await get(testRequest("HEAD", target), context);
      expect(answer.status).toBe(200);
      expect(answer.fields).toEqual(full.fields);
      expect(lengthOf(answer)).toBe(lengthOf(full));
      if (answer.body.kind === "stream") answer.body.close();
      expect(open).toBe(0);
    },
  );

  test("ignores Range: it is defined for GET only (RFC 9110 §14.2)", async () => {
    const answer = await get(
      testRequest("HEAD", "/digits.txt", { headers: { range: "bytes=0-1" } }),
      context,
    );
    expect(answer.status).toBe(200);
    expect(lengthOf(answer)).toBe(10);
  });

  test.each(["/digits.txt", "/c/"])("%s that cannot be read fails as GET does", async (target) => {
    const denied = (): never => {
      throw new TreeError("denied");
    };
    const tree = new Proxy(context.tree, {
      get(inner, key) {
        if (key === "members" || (key === "open" && target !== "/c/")) return denied;
        const value: unknown = Reflect.get(inner, key);
        return typeof value === "function" ? value.bind(inner) : value;
      },
    });
    for (const method of ["GET", "HEAD"]) {
      const asked = get(testRequest(method, target), { ...context, tree });
      await expect(asked).rejects.toMatchObject({ code: "denied" });
    }
  });
});

describe("conditional GET (RFC 9110 §13)", () => {
  test("304 has no content, and names the representation (§15.4.5)", async () => {
    const etag = await etagOf("/large.bin");
    for (const method of ["GET", "HEAD"]) {
      const answer = await get(
        testRequest(method, "/large.bin", { headers: { "if-none-match": etag } }),
        context,
      );
      expect(answer).toEqual({
        status: 304,
        fields: { ETag: etag, "Cache-Control": "no-cache" },
        body: { kind: "none" },
      });
    }
    expect(open).toBe(0);
  });

  test("412 where the condition fails", async () => {
    await expect(ask("/large.bin", { "if-match": '"other"' })).rejects.toMatchObject({ status: 412 });
    await expect(ask("/c/", { "if-match": '"other"' })).rejects.toMatchObject({ status: 412 });
    expect(open).toBe(0);
  });

  test("conditions come before ranges (§13.2.2)", async () => {
    const etag = await etagOf("/digits.txt");
    const headers = { "if-none-match": etag, range: "bytes=99-" };
    expect((await ask("/digits.txt", headers)).status).toBe(304);
  });
});

describe("ranges (RFC 9110 §14)", () => {
  test.each([
    ["/digits.txt", "bytes=2-4", "234", "bytes 2-4/10"],
    ["/digits.txt", "bytes=7-", "789", "bytes 7-9/10"],
    ["/digits.txt", "bytes=-2", "89", "bytes 8-9/10"],
    ["/digits.txt", "bytes=0-99", digits, "bytes 0-9/10"],
    ["/digits.txt", "bytes=50-60,3-3", "3", "bytes 3-3/10"],
    ["/large.bin", "bytes=5-100004", large.slice(5, 100_005), "bytes 5-100004/200000"],
  ])("%s %s: one part is 206 with Content-Range", async (target, range, content, contentRange) => {
    const answer = await ask(target, { range });
    expect(answer.status).toBe(206);
    expect(answer.fields["Content-Range"]).toBe(contentRange);
    expect(answer.fields["ETag"]).toBe(await etagOf(target));
    expect(lengthOf(answer)).toBe(content.length);
    expect(await readContent(answer)).toBe(content);
    expect(open).toBe(0);
  });

  test.each([
    [
      "/digits.txt",
      [
        "bytes=0-1,-1",
        [
          ["0-1/10", "01"],
          ["9-9/10", "9"],
        ],
      ],
    ],
    [
      "/large.bin",
      [
        "bytes=199990-,0-99999",
        [
          ["199990-199999/200000", digits],
          ["0-99999/200000", large.slice(0, 100_000)],
        ],
      ],
    ],
  ] as const)(
    "%s: several parts are multipart/byteranges, with their length known (§14.6)",
    async (target, [range, parts]) => {
      const answer = await ask(target, { range });
      expect(answer.status).toBe(206);
      expect(answer.fields["Content-Range"]).toBeUndefined();
      const boundary = /^multipart\/byteranges; boundary=([\w-]{20,70})$/.exec(
        String(answer.fields["Content-Type"]),
      )?.[1];
      const content = await readContent(answer);
      expect(lengthOf(answer)).toBe(content.length);
      const type = target === "/digits.txt" ? "text/plain; charset=utf-8" : "application/octet-stream";
      const expected = parts.map(
        ([place, text]) =>
          `--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: bytes ${place}\r\n\r\n${text}\r\n`,
      );
      expect(content).toBe(`${expected.join("")}--${boundary}--\r\n`);
      expect(open).toBe(0);
    },
  );

  test("two answers have different boundaries", async () => {
    const types = [0, 1].map(
      async () => (await ask("/digits.txt", { range: "bytes=0-0,2-2" })).fields["Content-Type"],
    );
    expect(await types[0]).not.toBe(await types[1]);
  });

  test.each([
    ["/digits.txt", "bytes=10-", "bytes */10"],
    ["/empty", "bytes=1-", "bytes */0"],
  ])("%s %s is 416, with the length that there is (§15.5.17)", async (target, range, contentRange) => {
    const answer = await ask(target, { range });
    expect(answer).toMatchObject({ status: 416, body: { kind: "none" } });
    expect(answer.fields["Content-Range"]).toBe(contentRange);
    expect(open).toBe(0);
  });

  test.each([
    ["/digits.txt", "lines=1-2"],
    ["/digits.txt", "bytes=2-1"],
    ["/digits.txt", "bytes=0-,0-,0-"],
    ["/empty", "bytes=-5"],
  ])("%s %s is answered with the whole", async (target, range) => {
    const answer = await ask(target, { range });
    expect(answer.status).toBe(200);
    expect(await readContent(answer)).toBe(target === "/empty" ? "" : digits);
  });

  test("If-Range gives the part of what the client has, else the whole of what there is (§13.1.5)", async () => {
    const range = "bytes=0-1";
    const current = await ask("/digits.txt", { range, "if-range": await etagOf("/digits.txt") });
    expect(current.status).toBe(206);
    expect((await ask("/digits.txt", { range, "if-range": "Thu, 15 Jan 2026 12:00:00 GMT" })).status).toBe(
      206,
    );
    for (const stale of ['"old"', "Thu, 15 Jan 2026 11:00:00 GMT", "garbage"]) {
      const answer = await ask("/digits.txt", { range, "if-range": stale });
      expect(answer.status).toBe(200);
      expect(await readContent(answer)).toBe(digits);
    }
  });
});

describe("GET of a collection", () => {
  test("is a page in HTML with a policy that lets nothing in but its style", async () => {
    const answer = await ask("/c/");
    expect(answer.status).toBe(200);
    expect(answer.fields["Content-Type"]).toBe("text/html; charset=utf-8");
    expect(answer.fields["Content-Security-Policy"]).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]{43}='/,
    );
    expect(answer.fields["Content-Location"]).toBeUndefined();
    expect(await readContent(answer)).toContain("page.html");
  });

  test("without its slash is served all the same, and its right URL told (RFC 4918 §5.2)", async () => {
    const answer = await ask("/c", {}, { prefix: "/dav" });
    expect(answer.status).toBe(200);
    expect(answer.fields["Content-Location"]).toBe("/dav/c/");
    expect(await readContent(answer)).toContain('href="./c/page.html"');
  });

  test("is never 304 by its date: members change without it", async () => {
    expect((await ask("/c/", { "if-modified-since": "Fri, 01 Jan 2027 00:00:00 GMT" })).status).toBe(200);
  });
});
