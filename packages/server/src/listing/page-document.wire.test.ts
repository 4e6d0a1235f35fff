import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Page } from "../page.ts";
import { type Served, serve } from "../testing/own/serve-fixture.ts";

const bytes = Buffer.from("script");
const page: Page = {
  script: "main-a1.js",
  style: "style-b2.css",
  file: (name) =>
    name === "main-a1.js" ? { contentType: "text/javascript", bytes, gzip: gzipSync(bytes) } : undefined,
};

let server: Served;
beforeEach(async () => {
  server = await serve({
    page,
    baseUrl: "/dav",
    authenticate: ({ headers }) =>
      headers.authorization === undefined
        ? { kind: "challenge", challenges: ['Basic realm="x"'] }
        : { kind: "known", principal: '"><b>' },
  });
});
afterEach(() => server.close());
const login = { Authorization: "Basic x" };

describe("the document of a collection", () => {
  test("loads the page, and has the listing for those without script", async () => {
    await server.ask("MKCOL", "/dav/%3Cnoscript%3E%22", login);
    const answer = await server.ask("GET", "/dav/", login);
    expect(answer.status).toBe(200);
    const [, nonce] = /nonce="([A-Za-z0-9+/]{22}==)" href="([^"]*)"/.exec(answer.body) ?? [];
    expect(answer.body).toContain(`nonce="${nonce}" href="/dav/.meanwhile/operations/page/style-b2.css"`);
    expect(answer.body).toContain(`nonce="${nonce}" src="/dav/.meanwhile/operations/page/main-a1.js"`);
    expect(answer.body).toContain('data-root="/dav/" data-operations="/dav/.meanwhile/operations/"');
    expect(answer.body).toContain('data-user="&quot;&gt;&lt;b&gt;"');
    expect(answer.body).toContain('enctype="multipart/form-data" action="./">');
    // Its own end is the only one.
    const [, listing = "", after] = answer.body.split("<noscript>\n")[1]?.split(/(?=<\/noscript>)/) ?? [];
    expect(listing.startsWith("</noscript>")).toBe(true);
    expect(after).toBeUndefined();
    expect(answer.body).toContain('<a href="./%3Cnoscript%3E%22/"><bdi>&lt;noscript&gt;&quot;</bdi>/</a>');
    const policy = answer.field("content-security-policy") ?? "";
    expect(policy).toContain(`script-src 'nonce-${nonce}';`);
    expect(policy).toMatch(/^default-src 'none'; /);
    expect(policy).not.toContain("unsafe");
  });

  test("has another number each time", async () => {
    const policies = await Promise.all(
      [1, 2].map(async () => (await server.ask("GET", "/dav/", login)).field("content-security-policy")),
    );
    expect(policies[0]).not.toBe(policies[1]);
  });
});

describe("the page's files", () => {
  const place = "/dav/.meanwhile/operations/page/main-a1.js";

  test("are for everybody, and stay the same", async () => {
    const plain = await server.ask("GET", place);
    expect([plain.status, plain.body]).toEqual([200, "script"]);
    expect(plain.field("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(plain.field("x-content-type-options")).toBe("nosniff");
    expect(plain.field("vary")).toBe("Accept-Encoding");
    for (const [accept, coding] of [
      ["gzip, br", "gzip"],
      ["br", undefined],
      ["gzip;q=0", undefined],
      ["gzip;q=0.5", "gzip"],
    ] as const) {
      const answer = await server.ask("GET", place, { "Accept-Encoding": accept });
      expect(answer.field("content-encoding")).toBe(coding);
      expect(answer.field("content-length")).toBe(String(coding ? gzipSync(bytes).length : bytes.length));
    }
  });

  test("that are not there are 404; and nothing can be put there", async () => {
    expect((await server.ask("GET", "/dav/.meanwhile/operations/page/main-a2.js")).status).toBe(404);
    expect((await server.ask("PUT", place, login, "evil")).status).toBe(403);
    expect((await server.ask("PUT", place, {}, "evil")).status).toBe(401);
    expect((await server.ask("GET", "/dav/.meanwhile/operations/page/", login)).status).toBe(404);
  });
});

test("without a page a collection is what it was, and there are no files", async () => {
  const plain = await serve();
  try {
    const answer = await plain.ask("GET", "/");
    expect(answer.body).not.toContain("script");
    expect((await plain.ask("GET", "/.meanwhile/operations/page/main-a1.js")).status).toBe(404);
  } finally {
    await plain.close();
  }
});
