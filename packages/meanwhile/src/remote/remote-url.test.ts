import { describe, expect, test } from "vitest";
import {
  commonCollection,
  commonParent,
  looksRemote,
  nameOfUrl,
  parentUrl,
  parseRemoteUrl,
  shownPath,
} from "./remote-url.ts";

describe("a URL as it is typed", () => {
  test.each([
    ["https://files.example/a b/ü.txt", "https://files.example/a%20b/%C3%BC.txt"],
    ["http://127.0.0.1:8102", "http://127.0.0.1:8102/"],
    ["HTTPS://Files.Example:443/A", "https://files.example/A"],
    ["davs://files.example/x", "https://files.example/x"],
    ["dav://files.example:8080/x", "http://files.example:8080/x"],
    ["webdavs://files.example/x", "https://files.example/x"],
    ["http://[::1]:8102/x/", "http://[::1]:8102/x/"],
    ["https://files.example/a/../b", "https://files.example/b"],
    ["https://files.example/100%25", "https://files.example/100%25"],
  ])("%s is %s", (typed, href) => {
    expect(parseRemoteUrl(typed)).toEqual({ url: new URL(href) });
  });

  test("a login in it is taken out of it", () => {
    const { url, username, password } = parseRemoteUrl("https://ann:s%20c%3At@files.example/x");
    expect({ href: url.href, username, password }).toEqual({
      href: "https://files.example/x",
      username: "ann",
      password: "s c:t",
    });
  });

  test.each([
    [
      "files.example/x",
      /^"files.example\/x" is no URL: write it as https:\/\/files.example\/x \(or http:\/\/\)$/,
    ],
    ["127.0.0.1:8102", /write it as http:\/\/127.0.0.1:8102 \(or https:\/\/\)$/],
    ["localhost/x", /write it as http:\/\/localhost\/x \(or https:\/\/\)$/],
    ["[::1]:80/x", /write it as http:\/\/\[::1\]:80\/x \(or https:\/\/\)$/],
    ["127.0.0.1.example", /write it as https:/],
    ["photos", /^"photos" is no URL: write it as https:\/\/photos \(or http:\/\/\)$/],
    ["./photos", /is no URL: write it as https:\/\/HOST\/PATH \(or http:\/\/\)$/],
    ["", /is no URL/],
    ["ftp://files.example/", /ftp:\/\/ is not supported/],
    ["https://", /is no URL$/],
    ["https://a b/", /is no URL$/],
    ["https://h/a#b", /a # in a name is written %23/],
    ["https://h/a#", /a # in a name is written %23/],
    ["https://h/a?b", /a \? in a name is written %3F/],
    ["https://h/a\nb", /control characters are written %00 to %1F/],
    ["https://ann:hunter2@h/a#b", /^"https:\/\/h\/a#b"/],
  ])("%j is refused, and no password is told", (typed, message) => {
    expect(() => parseRemoteUrl(typed)).toThrow(message);
  });

  test("a status document may have a query", () => {
    expect(parseRemoteUrl("https://h/status?id=5", { query: true }).url.search).toBe("?id=5");
  });
});

test.each([
  ["https://h/", true],
  ["DAVS://h/", true],
  ["photos", false],
  ["C:\\photos", false],
  ["ftp://h/", false],
  ["a:b", false],
])("%s looks remote: %s", (typed, remote) => {
  expect(looksRemote(typed)).toBe(remote);
});

const at = (paths: readonly string[]): [{ url: URL }, ...{ url: URL }[]] => {
  const [first, ...others] = paths.map((path) => ({ url: new URL(path, "https://h") }));
  return [first ?? { url: new URL("https://h") }, ...others];
};

test.each([
  [["/a/b"], "/a/"],
  [["/a/b/"], "/a/b/"],
  [["/a/b", "/a/c/d"], "/a/"],
  [["/a/b/", "/a/bc/d"], "/a/"],
  [["/a", "/b"], "/"],
] as const)("the collection that %j have in common is %s", (paths, common) => {
  expect(commonCollection(at(paths)).pathname).toBe(common);
});

test.each([
  [["/a/b"], "/a/"],
  [["/a/b/"], "/a/"],
  [["/dav/a/", "/dav/b/"], "/dav/"],
  [["/"], "/"],
] as const)("the collection above %j is %s", (paths, common) => {
  expect(commonParent(at(paths)).pathname).toBe(common);
});

test("places are shown decoded, and harmless", () => {
  const url = new URL("https://h/a%20b/%1B%5B31m%E2%80%AE/%FF");
  expect(shownPath(url)).toBe("/a b/\\x1b[31m\\u202e/%FF");
  expect(nameOfUrl(new URL("https://h/a/%C3%BC/"))).toBe("ü");
  expect(parentUrl(new URL("https://h/a/b/")).pathname).toBe("/a/");
});
