import { expect, test } from "vitest";
import { proxyFor, proxyUrl } from "./route.ts";

const proxy = "http://proxy.example:3128";

test.each<[string, Record<string, string>, string | undefined]>([
  ["http://a.example/", { http_proxy: proxy }, "http://proxy.example:3128/"],
  // What a CGI program's client can set (CVE-2016-5385).
  ["http://a.example/", { HTTP_PROXY: proxy }, undefined],
  ["https://a.example/", { HTTPS_PROXY: proxy }, "http://proxy.example:3128/"],
  ["https://a.example/", { https_proxy: proxy, HTTPS_PROXY: "http://other/" }, "http://proxy.example:3128/"],
  ["https://a.example/", { http_proxy: proxy }, undefined],
  ["http://a.example/", { https_proxy: proxy }, undefined],
  ["http://a.example/", { ALL_PROXY: proxy }, "http://proxy.example:3128/"],
  ["https://a.example/", { all_proxy: proxy }, "http://proxy.example:3128/"],
  ["https://a.example/", { all_proxy: proxy, https_proxy: "http://own:1" }, "http://own:1/"],
  ["http://a.example/", { http_proxy: "  " }, undefined],
  ["http://a.example/", { http_proxy: "proxy.example:3128" }, "http://proxy.example:3128/"],
  ["http://a.example/", {}, undefined],
])("%s with %j goes by %s", (url, environment, expected) => {
  expect(proxyFor(new URL(url), environment)?.href).toBe(expected);
});

test.each<[string, string, boolean]>([
  ["http://a.example/", "*", true],
  ["http://a.example/", "a.example", true],
  ["http://a.example/", "A.Example", true],
  ["http://a.example./", "a.example", true],
  ["http://b.a.example/", "a.example", true],
  ["http://b.a.example/", ".a.example", true],
  ["http://a.example/", ".a.example", true],
  ["http://ba.example/", "a.example", false],
  ["http://a.example.org/", "a.example", false],
  ["http://a.example/", "b.example, a.example", true],
  ["http://a.example/", "b.example a.example", true],
  ["http://a.example/", "a.example:80", true],
  ["http://a.example:8080/", "a.example:80", false],
  ["https://a.example/", "a.example:443", true],
  ["http://10.1.2.3/", "10.0.0.0/8", true],
  ["http://11.1.2.3/", "10.0.0.0/8", false],
  ["http://10.1.2.3/", "10.1.2.3", true],
  ["http://10.1.2.3:81/", "10.1.2.3:81", true],
  ["http://10.1.2.3:82/", "10.1.2.3:81", false],
  ["http://110.1.2.3/", "10.1.2.3", false],
  ["http://10.1.2.3/", "2.3", false],
  ["http://[::1]/", "::1", true],
  ["http://[::1]:81/", "[::1]:81", true],
  ["http://[::1]:82/", "[::1]:81", false],
  ["http://[fd00::5]/", "fd00::/8", true],
  ["http://[fe00::5]/", "fd00::/8", false],
  ["http://10.1.2.3/", "10.0.0.0/99", false],
  ["http://10.1.2.3/", "10.0.0.0/x", false],
  ["http://a.example/", "", false],
  ["http://a.example/", ",,. ,", false],
])("%s with NO_PROXY %j: exempt is %s", (url, list, exempt) => {
  const chosen = proxyFor(new URL(url), { all_proxy: proxy, NO_PROXY: list });
  expect(chosen === undefined).toBe(exempt);
});

test("SOCKS is refused in a sentence, which has no password in it", () => {
  for (const scheme of ["socks", "socks4a", "socks5", "socks5h"]) {
    const environment = { ALL_PROXY: `${scheme}://ann:secret@proxy.example:1080` };
    expect(() => proxyFor(new URL("https://files.example/"), environment)).toThrow(
      `the proxy ${scheme}://proxy.example:1080 is not supported: it may be http: or https:, not SOCKS`,
    );
  }
});

test.each(["socks5://proxy.example", "http://", "http://a:b:c:secret"])("%s is no proxy", (text) => {
  expect(() => proxyUrl(text)).toThrow(expect.objectContaining({ code: "ERR_PROXY" }));
  expect(() => proxyUrl(text)).not.toThrow(/secret/);
});
