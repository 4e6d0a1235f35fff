import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Served, serve } from "../testing/own/serve-fixture.ts";

const browser = { Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };
let server: Served;
beforeEach(async () => {
  server = await serve({ baseUrl: "/dav" });
});
afterEach(() => server.close());

describe("an error that a browser shows", () => {
  test("is a page that says what it is and leads back", async () => {
    const answer = await server.ask("GET", "/dav/a%20b/none?x=1", browser);
    expect(answer.status).toBe(404);
    expect(answer.field("content-type")).toBe("text/html; charset=utf-8");
    expect(answer.field("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(answer.field("vary")).toContain("Accept");
    expect(answer.body).toContain("<h1>There is nothing here</h1>");
    expect(answer.body).toContain('<a href="./">The folder above</a> · <a href="/dav/">The first folder</a>');
  });

  test.each([
    ["a folder", "/dav/none/", '<a href="../">The folder above</a>'],
    ["an operation", "/dav/.meanwhile/operations/none", '<a href="./">The folder above</a>'],
  ])("of %s, too", async (_what, target, link) => {
    const answer = await server.ask("GET", target, browser);
    expect(answer.status).toBe(404);
    expect(answer.body).toContain(link);
  });

  test("outside of the tree leads into it", async () => {
    const answer = await server.ask("GET", "/elsewhere", browser);
    expect(answer.body).toContain('<a href="/dav/">The first folder</a>');
  });

  test("HEAD gets the fields alone", async () => {
    const answer = await server.ask("HEAD", "/dav/none", browser);
    expect(answer).toMatchObject({ status: 404, body: "" });
    expect(answer.field("content-type")).toBe("text/html; charset=utf-8");
  });
});

test.each([undefined, "*/*", "text/plain", "application/json", "text/html;q=0.1, text/plain", "nonsense"])(
  "whoever prefers no page (Accept: %s) gets a sentence",
  async (accept) => {
    const answer = await server.ask("GET", "/dav/none", accept === undefined ? {} : { Accept: accept });
    expect(answer.field("content-type")).toBe("text/plain; charset=utf-8");
    expect(answer.body).not.toContain("<");
  },
);

test("errors of other methods stay DAV:error documents (RFC 4918 §8.7)", async () => {
  const answer = await server.ask("DELETE", "/dav/none", browser);
  expect(answer.field("content-type")).toMatch(/^application\/xml/);
});

test("nothing of a request becomes markup", async () => {
  const answer = await server.ask("GET", "/dav/%3Cscript%3E", { ...browser, Host: '"><script>' });
  expect(answer.body).not.toContain("<script");
});
