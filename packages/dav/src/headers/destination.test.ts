import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DavError } from "../error.ts";
import { namesOf } from "../path.ts";
import { parseDestination } from "./destination.ts";

const base = { origin: "https://files.example", prefix: "/dav" };
const root = { origin: "http://127.0.0.1:8102", prefix: "" };

describe("parseDestination", () => {
  test.each([
    [base, "https://files.example/dav/a", "/a", false],
    [base, "https://files.example/dav/a/", "/a", true],
    [base, "HTTPS://Files.Example/dav/a", "/a", false],
    [base, "https://files.example:443/dav/a", "/a", false],
    [base, "https://files.example:/dav/a", "/a", false],
    [base, "https://files.example:0443/dav/a", "/a", false],
    [base, "https://files.example/dav", "/", false],
    [base, "https://files.example/dav/", "/", true],
    [base, "https://files.example//dav//a", "/a", false],
    [base, "https://files.example/%64av/a", "/a", false],
    [base, "/dav/a%20b", "/a b", false],
    [base, " /dav/a ", "/a", false],
    [root, "http://127.0.0.1:8102/a/b", "/a/b", false],
    [root, "http://127.0.0.1:8102", "/", true],
    [root, "/", "/", true],
    // Bytes of UTF-8 that were not percent-encoded, as Node gives them.
    [base, "/dav/caf\u00C3\u00A9/%C3%A9", "/caf\u00E9/\u00E9", false],
    [base, "https://files.example/dav/\u00E2\u0082\u00AC/", "/\u20AC", true],
    [base, "/dav/a b/ c", "/a b/ c", false],
    [base, "https://files.example/dav/a b", "/a b", false],
    [root, "/http://x", "/http:/x", false],
    [root, "/a@b:c", "/a@b:c", false],
    [{ origin: "http://[::1]:80", prefix: "" }, "http://[::1]/a", "/a", false],
    [{ origin: "http://[fe80::A]:8080", prefix: "" }, "http://[FE80::a]:8080/a", "/a", false],
  ])("under %o, %s is %s (RFC 4918 §10.3)", (where, value, path, trailingSlash) => {
    expect(parseDestination(value, where)).toEqual({ path, trailingSlash });
  });

  test.each([
    undefined,
    "",
    "a",
    "dav/a",
    "//files.example/dav/a",
    "https:/files.example/dav/a",
    "https:///dav/a",
    "://files.example/dav/a",
    "1https://files.example/dav/a",
    "mailto:a@files.example",
    "https://user@files.example/dav/a",
    "https://user:secret@files.example/dav/a",
    "https://files.example@evil.example/dav/a",
    "https://files.example:x/dav/a",
    "https://files.example:999999/dav/a",
    "https://[::1/dav/a",
    "https://files.example\\@evil.example/dav/a",
    "https://files.example/dav/a#b",
    "https://files.example/dav/a?b",
    "https://files.example?x=/dav/a",
    "https://files.example#/dav/a",
    "/dav/a, /dav/b",
    "/dav/a , b",
    "https://files.example/dav/a\tb",
    "https://files.example/dav/a\r\nX: y",
    "https://files.example/dav/caf\u00E9",
    "/dav/caf\u00C3",
    "/dav/\u20AC",
    "/dav/\u00C0\u00AF",
    "/dav/%",
    "/dav/%FF",
    "/dav/a%00",
    "/dav/a%2fb",
  ])("%j is refused with 400 (RFC 4918 §10.3)", (value) => {
    expect(() => parseDestination(value, base)).toThrow(expect.objectContaining({ status: 400 }));
  });

  test.each([
    "/dav/..",
    "/dav/../etc",
    "/dav/a/../../etc",
    "/../dav/a",
    "/dav/./a",
    "/dav/%2e%2e/etc",
    "/dav/%2E./etc",
    "/dav/.%2e/etc",
    "/dav/..%2fetc",
    "https://files.example/dav/../etc",
    "https://files.example/../dav/a",
    "https://files.example/dav/%2e%2e/%2e%2e/etc",
  ])("the dot segments of %s are refused with 400, not resolved", (value) => {
    expect(() => parseDestination(value, base)).toThrow(expect.objectContaining({ status: 400 }));
  });

  test.each([
    "http://files.example/dav/a",
    "https://files.example:8443/dav/a",
    "https://files.example:80/dav/a",
    "https://other.example/dav/a",
    "https://files.example./dav/a",
    "https://files.example.evil/dav/a",
    "https://evil-files.example/dav/a",
    "https://%66iles.example/dav/a",
    "ftp://files.example/dav/a",
    "file://localhost/dav/a",
    "https://[::1]/dav/a",
    "https://files.example&/dav/a",
  ])("%s is on another server: 502 (RFC 4918 §9.8.5)", (value) => {
    expect(() => parseDestination(value, base)).toThrow(expect.objectContaining({ status: 502 }));
  });

  test.each(["/", "/a", "/davx/a", "/da", "/DAV/a", "https://files.example", "https://files.example/a"])(
    "%s is outside of the tree: 403",
    (value) => {
      expect(() => parseDestination(value, base)).toThrow(expect.objectContaining({ status: 403 }));
    },
  );

  test("whatever comes is a path within the tree, or a DavError with 400, 403 or 502", () => {
    const piece = fc.constantFrom(
      ..."/ // . .. : @ ? # [ ] % %2e %2f %00 %C3%A9 \\ a dav ; = & , \u00E9".split(" "),
      "https://",
      "files.example",
      ":443",
      " ",
      "\0",
      "\r\n",
    );
    const value = fc.tuple(
      fc.constantFrom("", "/dav/", "https://files.example", "https://files.example/dav/"),
      fc.array(piece, { maxLength: 8 }),
    );
    let accepted = 0;
    fc.assert(
      fc.property(value, ([start, rest]) => {
        try {
          const { path } = parseDestination(start + rest.join(""), base);
          accepted += 1;
          for (const name of namesOf(path)) {
            expect(["", ".", ".."]).not.toContain(name);
            expect(name).not.toMatch(/[/\0]/);
          }
        } catch (error) {
          if (!(error instanceof DavError)) throw error;
          expect([400, 403, 502]).toContain(error.status);
        }
      }),
    );
    expect(accepted).toBeGreaterThan(0);
  });

  test.each(["/", "%2e", ":", "@", "https://", "a", "["])(
    "a million characters of %j take no time to speak of",
    (piece) => {
      for (const start of ["/dav/", "https://", "https://files.example/dav/"]) {
        try {
          parseDestination(start + piece.repeat(1_000_000 / piece.length), base);
        } catch (error) {
          expect(error).toBeInstanceOf(DavError);
        }
      }
    },
  );
});
