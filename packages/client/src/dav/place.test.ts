import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { depthBelow, isSameResource } from "./comparable-path.ts";
import { asCollection, Places } from "./place.ts";

const places = new Places("https://files.example/dav/team");
const asked = new URL("https://files.example/dav/team/");

describe("the base", () => {
  test("is the same with and without its slash", () => {
    expect(places.base.href).toBe("https://files.example/dav/team/");
    expect(new Places("https://files.example/dav/team/").base.href).toBe(places.base.href);
    expect(new Places("https://files.example").base.href).toBe("https://files.example/");
  });

  test.each([
    "files.example",
    "ftp://files.example/",
    "http://a:b@files.example/",
    "http://a/?b",
    "http://a/#b",
    "",
  ])("must not be %j", (base) => {
    expect(() => new Places(base)).toThrow(expect.objectContaining({ code: "ERR_BASE" }));
  });
});

describe("a place as text", () => {
  test.each<[string, string]>([
    ["", ""],
    ["/", ""],
    ["a", "a"],
    ["a/", "a/"],
    ["/a//b/./c/", "a/b/c/"],
    ["2025/a b.txt", "2025/a%20b.txt"],
    ["100%", "100%25"],
    ["%2e%2e/x", "%252e%252e/x"],
    ["a?b#c", "a%3Fb%23c"],
    ["a\\b", "a%5Cb"],
    ["a\r\nb\tc", "a%0D%0Ab%09c"],
    ["...", "..."],
    ["http:/x", "http%3A/x"],
    ["a/http://x", "a/http%3A/x"],
    ["caf\u00E9", "caf%C3%A9"],
    ["cafe\u0301", "cafe%CC%81"],
    ["\u{1F4C4}", "%F0%9F%93%84"],
    ["'(*)!'", "%27%28%2A%29%21%27"],
  ])("%j is at %j", (place, path) => {
    expect(places.url(place).href).toBe(`https://files.example/dav/team/${path}`);
  });

  test.each(["..", "../x", "a/../b", "a/..", "/.."])("%j is refused: it might leave the base", (place) => {
    expect(() => places.url(place)).toThrow(expect.objectContaining({ code: "ERR_OUTSIDE_BASE" }));
  });

  test.each(["a\0b", "a\uD800", "\uDC00b"])("%j is refused: no URL can say it", (place) => {
    expect(() => places.url(place)).toThrow(expect.objectContaining({ code: "ERR_PLACE" }));
  });

  test.each(["http://evil.example/", "https://files.example/dav/team/x", "file:///etc/passwd"])(
    "%j is refused: a URL is no path",
    (place) => {
      expect(() => places.url(place)).toThrow(expect.objectContaining({ code: "ERR_PLACE" }));
    },
  );

  test("comes back as it was, whatever is in it", () => {
    const names = fc
      .array(fc.string({ unit: "binary", minLength: 1 }), { minLength: 1, maxLength: 4 })
      .filter((list) => list.every((name) => !/[/\0]/.test(name) && name !== "." && name !== ".."));
    fc.assert(
      fc.property(names, (list) => {
        const url = places.url(list.join("/"));
        expect(places.path(url, false)).toBe(list.join("/"));
        expect(places.name(url)).toBe(list.at(-1));
        expect(places.ofHref(url.pathname, asked)?.href).toBe(url.href);
      }),
    );
  });
});

describe("a place as a URL", () => {
  test.each([
    "https://files.example/dav/team/a%FFb",
    "https://files.example/dav/team",
    "https://files.example/dav/%74eam/x",
    "https://files.example:443/dav/team/x?y",
  ])("%s is taken as it is", (url) => {
    expect(places.url(new URL(url)).href).toBe(new URL(url).href);
  });

  test.each([
    "https://files.example/dav/teamwork/x",
    "https://files.example/dav/",
    "https://files.example/dav/team/../x",
    "https://files.example/dav/team/%2e%2E/x",
    "http://files.example/dav/team/x",
    "https://files.example:8443/dav/team/x",
    "https://other.example/dav/team/x",
    "https://a:b@files.example/dav/team/x",
  ])("%s is refused", (url) => {
    expect(() => places.url(new URL(url))).toThrow(expect.objectContaining({ code: "ERR_OUTSIDE_BASE" }));
  });
});

describe("a DAV:href (RFC 4918 §8.3)", () => {
  test.each<[string, string]>([
    ["/dav/team/a", "a"],
    ["/dav/team/a%20b/", "a%20b/"],
    ["https://files.example/dav/team/a", "a"],
    ["http://inner:8080/dav/team/a", "a"],
    ["/dav/team/a b", "a%20b"],
    ["/dav/team/caf\u00E9", "caf%C3%A9"],
    ["/dav/team/100%", "100%25"],
    ["/dav/team/5%zz", "5%25zz"],
    ["/dav/team/what?", "what%3F"],
    ["/dav/team/c#", "c%23"],
    ["/dav/team/a\\..\\..\\..\\b", "a%5C..%5C..%5C..%5Cb"],
    ["/dav/team/a\nb", "a%0Ab"],
    ["/dav/team/a%FF", "a%FF"],
    ["/dav/team/x%2F..%2F..%2Fy", "x%2F..%2F..%2Fy"],
    ["//dav/team/a", "a"],
    ["a.txt", "a.txt"],
    ["cost$$1$&.txt", "cost$$1$&.txt"],
    ["/dav/team/x/../y", "y"],
  ])("%j is below the base at %j", (href, path) => {
    expect(places.ofHref(href, asked)?.href).toBe(`https://files.example/dav/team/${path}`);
  });

  test.each([
    "/",
    "/dav/",
    "/dav/teams/a",
    "/dav/team/../secret",
    "/dav/team/%2e%2e/secret",
    "../secret",
    "https://files.example",
    "https://evil.example/dav/",
    "urn:uuid:1",
    "javascript:alert(1)",
  ])("%j is outside", (href) => {
    expect(places.ofHref(href, asked)).toBeUndefined();
  });

  test.each<[string, string]>([
    ["%2Fdav%2Fteam%2Fa%20b", "a%20b"],
    ["%2fdav%2fteam%2fsub%2fa", "sub/a"],
    ["/dav%2Fteam%2Fa", "a"],
    ["http://inner:8080/dav%2Fteam%2Fa", "a"],
    ["http://inner:8080%2Fdav%2Fteam%2Fa", "a"],
  ])("%j has slashes that are encoded (RFC 3986 §2.1)", (href, path) => {
    expect(places.ofHref(href, asked)?.href).toBe(`https://files.example/dav/team/${path}`);
  });

  test.each([
    "%2Fdav%2Fteam%2F..%2Fsecret",
    "%2F%2Fevil.example%2Fdav%2F",
    "%2Fetc%2Fpasswd",
    "%2f%2e%2e%2fx",
  ])("%j is outside, decoded as it may be", (href) => {
    expect(places.ofHref(href, asked)).toBeUndefined();
  });

  test.each<[string, string]>([
    ["a%2Fb", "a%2Fb"],
    ["a%00b", "a%00b"],
    ["%C3%A9%FF%20", "\u00E9%FF "],
    ["%C3x", "%C3x"],
    ["%ED%A0%80", "%ED%A0%80"],
    ["%41%0a", "A\n"],
  ])("%j is shown as %j: what would mean something else stays encoded", (segment, name) => {
    const url = places.ofHref(`/dav/team/${segment}`, asked);
    expect(url === undefined ? undefined : places.name(url)).toBe(name);
    expect(url === undefined ? undefined : places.path(url, true)).toBe(`${name}/`);
  });
});

test("slashes are encoded where the base is the whole server, too", () => {
  const all = new Places("https://files.example/");
  const collection = new URL("https://files.example/dav/c/");
  expect(all.ofHref("/dav%2Fc%2Fa", collection)?.pathname).toBe("/dav/c/a");
  expect(all.ofHref("/dav/c/a%2Fb", collection)?.pathname).toBe("/dav/c/a%2Fb");
  expect(all.ofHref("/other%2Fa", collection)?.pathname).toBe("/other%2Fa");
});

describe("comparing URLs (RFC 3986 §6.2.2)", () => {
  test.each<[string, string, boolean]>([
    ["/a/b", "/a/b/", true],
    ["/a%7Eb", "/a~b", true],
    ["/a%c3%a9", "/a%C3%A9", true],
    ["/cafe%CC%81", "/caf%C3%A9", true],
    ["/%ff%41", "/%FFA", true],
    ["//a", "/a", true],
    ["/a%2Fb", "/a/b", false],
    ["/a%252F", "/a%2F", false],
    ["/a", "/A", false],
  ])("%s and %s: %s", (one, other, same) => {
    expect(isSameResource(new URL(one, asked.origin.concat("/")), at(other))).toBe(
      one.startsWith("//") ? false : same,
    );
    expect(isSameResource(at(one), at(other))).toBe(same);
  });

  test.each<[string, string, number | undefined]>([
    ["/a/b/", "/a/b", 0],
    ["/a/b/c", "/a/b/", 1],
    ["/a/b/c/d/", "/a", 3],
    ["/ab", "/a", undefined],
    ["/a", "/a/b", undefined],
    ["/x", "/", 1],
  ])("%s is below %s by %s", (url, ancestor, depth) => {
    expect(depthBelow(at(url), at(ancestor))).toBe(depth);
  });

  test("a collection's URL ends in a slash (§5.2)", () => {
    expect(asCollection(at("/a")).pathname).toBe("/a/");
    expect(asCollection(at("/a/")).pathname).toBe("/a/");
  });
});

function at(path: string): URL {
  return new URL(`https://files.example${path}`);
}
