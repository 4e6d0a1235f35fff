import { createHash } from "node:crypto";
import { parsePath } from "@meanwhile/dav";
import { parseXml, type XmlElement } from "@meanwhile/dav/xml";
import { beforeEach, describe, expect, test } from "vitest";
import type { ServerContext } from "../context.ts";
import { get } from "../methods/get.ts";
import type { Member, Tree } from "../store.ts";
import {
  plant,
  readContent,
  type TestRequestOptions,
  testContext,
  testNowMs,
  testRequest,
} from "../testing/own/read-fixture.ts";
import { sortedMembers } from "./listing.ts";
import { humanLength } from "./listing-page.ts";

let context: ServerContext;

beforeEach(() => {
  context = testContext();
});

async function page(target: string, options: TestRequestOptions = {}): Promise<string> {
  return readContent(await get(testRequest("GET", target, options), context));
}

/** The page as a tree of elements: our pages are XML but for the document type and the void elements. */
function parsed(html: string): XmlElement {
  return parseXml(html.replace("<!DOCTYPE html>", "").replace(/<meta ([^>]*)>/g, "<meta $1/>"), {
    elements: Number.POSITIVE_INFINITY,
  });
}

function all(element: XmlElement, local: string): readonly XmlElement[] {
  return [
    ...(element.name.local === local ? [element] : []),
    ...element.children.flatMap((child) => all(child, local)),
  ];
}

const attribute = (element: XmlElement, local: string): string | undefined =>
  element.attributes.find(({ name }) => name.local === local)?.value;

const fullText = (element: XmlElement): string => element.children.map(fullText).join("") + element.text;

/** What the rows of members link to, and what they show. */
function rows(html: string): readonly (readonly [href: string | undefined, shown: string])[] {
  return all(parsed(html), "tbody")
    .flatMap((body) => all(body, "a"))
    .map((link) => [attribute(link, "href"), fullText(link)] as const);
}

/** Where links lead, seen from the URL of the page. */
function resolved(html: string, url: string): readonly string[] {
  return all(parsed(html), "a").map(
    (link) => new URL(attribute(link, "href") ?? "", `http://h${url}`).pathname,
  );
}

/** A tree whose every collection has just these members. */
function treeOf(members: AsyncIterable<readonly Member[]>): Tree {
  return new Proxy(context.tree, {
    get(target, key) {
      if (key === "members") return () => members;
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const document = (name: string): Member => ({
  name,
  resource: { kind: "document", length: 1500, modifiedMs: testNowMs, createdMs: undefined, etag: '"1"' },
  properties: [],
});

describe("the listing of a collection", () => {
  test("has collections first, names sorted as people sort them", async () => {
    for (const name of ["b10", "b9", "a", "B1", "%C3%A4", "z/", "Alpha/", "10/", "9/"])
      await plant(context.tree, `/${name}`);
    const shown = rows(await page("/")).map(([, name]) => name);
    expect(shown).toEqual(["9/", "10/", "Alpha/", "z/", "a", "ä", "B1", "b9", "b10"]);
  });

  test("tells size and time, for people and for programs", async () => {
    await plant(context.tree, "/a.txt", "x".repeat(1234));
    const html = parsed(await page("/"));
    const [size] = all(html, "data");
    const [time] = all(html, "time");
    expect(size && [attribute(size, "value"), size.text]).toEqual(["1234", "1.2 kB"]);
    expect(time && [attribute(time, "datetime"), time.text]).toEqual([
      "2026-01-15T12:00:00Z",
      "2026-01-15 12:00",
    ]);
  });

  test("is a document with a language, a title, headings, a table with heads of columns and rows, and no script", async () => {
    await plant(context.tree, "/c/doc");
    const text = await page("/c/");
    const html = parsed(text);
    expect(text.startsWith("<!DOCTYPE html>")).toBe(true);
    expect(attribute(html, "lang")).toBe("en");
    expect(all(html, "title").map(fullText)).toEqual(["/c/"]);
    expect(all(html, "h1").map(fullText)).toEqual(["c"]);
    expect(all(html, "th").map((head) => attribute(head, "scope"))).toEqual([
      "col",
      "col",
      "col",
      "row",
      "row",
    ]);
    expect(all(html, "p").map(fullText)).toEqual(["1 member"]);
    expect(all(html, "script")).toEqual([]);
    expect(text).not.toMatch(/\son\w+=|style=|javascript:/);
  });

  test("its style is the one that its policy allows", async () => {
    const answer = await get(testRequest("GET", "/"), context);
    const style = /<style>([\s\S]*)<\/style>/.exec(await readContent(answer))?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    expect(style.length).toBeGreaterThan(100);
    expect(answer.fields["Content-Security-Policy"]).toContain(`style-src 'sha256-${hash}'`);
  });

  test("an empty one says so, and a root has no parent", async () => {
    const html = parsed(await page("/"));
    expect(all(html, "p").map(fullText)).toEqual(["No members"]);
    expect(all(html, "a")).toEqual([]);
  });

  test.each([
    ["/a/b/", "", ["/", "/a/", "/a/", "/a/b/x%20y", "/a/b/z/"]],
    ["/a/b", "", ["/", "/a/", "/a/", "/a/b/x%20y", "/a/b/z/"]],
    ["/a/b/", "/dav", ["/dav/", "/dav/a/", "/dav/a/", "/dav/a/b/x%20y", "/dav/a/b/z/"]],
    ["/a/b", "/dav", ["/dav/", "/dav/a/", "/dav/a/", "/dav/a/b/x%20y", "/dav/a/b/z/"]],
    ["/a", "/dav", ["/dav/", "/dav/", "/dav/a/b/"]],
  ])("links of %s below %j lead upwards and to the members", async (target, prefix, links) => {
    await plant(context.tree, "/a/b/x%20y");
    await plant(context.tree, "/a/b/z/");
    expect(resolved(await page(target, { prefix }), prefix + target).toSorted()).toEqual(
      [...links].toSorted(),
    );
  });

  test("links of a root whose URL lacks the slash stay within its prefix", async () => {
    await plant(context.tree, "/doc");
    const request = { ...testRequest("GET", "/", { prefix: "/my/dav" }), trailingSlash: false };
    const html = await readContent(await get(request, context));
    expect(resolved(html, "/my/dav")).toEqual(["/my/dav/doc"]);
  });

  test("leaves out what the principal may not read, and the server's own", async () => {
    for (const name of ["seen", "hidden", ".meanwhile"]) await plant(context.tree, `/${name}`);
    const hidden = parsePath("/hidden");
    context = {
      ...context,
      access: { may: (_principal, _action, path) => path !== hidden, exceptions: () => [hidden] },
      isReserved: (path) => path === "/.meanwhile",
    };
    const html = await page("/");
    expect(rows(html).map(([, shown]) => shown)).toEqual(["seen"]);
    expect(all(parsed(html), "p").map(fullText)).toEqual(["1 member"]);
  });

  test("a collection that cannot be read fails before anything is sent", async () => {
    context = { ...context, tree: treeOf(failing()) };
    await expect(get(testRequest("GET", "/"), context)).rejects.toThrow("denied");
  });
});

async function* failing(): AsyncGenerator<readonly Member[]> {
  yield* [];
  throw new Error("denied");
}

describe("hostile names", () => {
  test.each([
    ["<script>alert(1)<", "./%3Cscript%3Ealert%281%29%3C"],
    [`"><img src=x onerror=y>`, "./%22%3E%3Cimg%20src%3Dx%20onerror%3Dy%3E"],
    ["javascript:alert(1)", "./javascript%3Aalert%281%29"],
    ["a:b", "./a%3Ab"],
    ["?q#f", "./%3Fq%23f"],
    ["..%2f", "./..%252f"],
    ["&amp;", "./%26amp%3B"],
    ["new\nline", "./new%0Aline"],
    ["it's", "./it%27s"],
  ])("%j is shown as it is and linked relatively", async (name, href) => {
    await plant(context.tree, `/${encodeURIComponent(name)}`);
    expect(rows(await page("/"))).toEqual([[href, name.replace("\n", "\u240A")]]);
  });

  test("in the path of the page are no markup either", async () => {
    const name = "</title><script>".replace("/", "");
    await plant(context.tree, `/${encodeURIComponent(name)}/x`);
    const html = parsed(await page(`/${encodeURIComponent(name)}/`));
    expect(all(html, "h1").map(fullText)).toEqual([name]);
    expect(all(html, "script")).toEqual([]);
  });

  test("each name is isolated from the direction of what is around it", async () => {
    await plant(context.tree, "/%D7%A9");
    expect(await page("/")).toContain("<bdi>\u05E9</bdi>");
  });
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [9949, "9.9 kB"],
  [9951, "10 kB"],
  [999_499, "999 kB"],
  [999_501, "1.0 MB"],
  [1_500_000_000, "1.5 GB"],
  [Number.MAX_SAFE_INTEGER, "9.0 PB"],
])("a length of %d is written %s", (bytes, text) => {
  expect(humanLength(bytes)).toBe(text);
});

describe("a huge collection", () => {
  async function* many(
    total: number,
    walk: { made: number; ended: boolean },
  ): AsyncGenerator<readonly Member[]> {
    try {
      while (walk.made < total) {
        const from = walk.made;
        walk.made += 100;
        yield Array.from({ length: 100 }, (_, index) => document(`member-${total - from - index}`));
      }
    } finally {
      walk.ended = true;
    }
  }

  test("has all its members, in no order, and the page says so before the first", async () => {
    const walk = { made: 0, ended: false };
    const total = sortedMembers * 2;
    context = { ...context, tree: treeOf(many(total, walk)) };
    const html = await page("/");
    const names = [...html.matchAll(/<bdi>member-(\d+)<\/bdi>/g)].map((match) => Number(match[1]));
    expect(new Set(names).size).toBe(total);
    expect(names.slice(0, 3)).toEqual([total, total - 1, total - 2]);
    expect(names.at(-1)).toBe(1);
    expect(html).toContain(`<p>${total} members</p>`);
    const note = html.indexOf("too many members to sort them");
    expect(note).toBeGreaterThan(0);
    expect(note).toBeLessThan(html.indexOf("<table"));
  });

  test("is streamed in pieces, and a reader who breaks off ends the walk", async () => {
    const walk = { made: 0, ended: false };
    context = { ...context, tree: treeOf(many(1_000_000, walk)) };
    const { body } = await get(testRequest("GET", "/"), context);
    if (body.kind !== "stream") throw new Error("must be a stream");
    const chunks = body.open()[Symbol.asyncIterator]();
    for (let count = 0; count < 50; count += 1) {
      const next = await chunks.next();
      expect(next.value.length).toBeLessThan(40_000);
    }
    expect(walk.made).toBeLessThan(sortedMembers + 10_000);
    await chunks.return?.();
    body.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(walk.ended).toBe(true);
  });
});
