import { describe, expect, test } from "vitest";
import {
  allowanceFor,
  askedAllowance,
  type ClientFacts,
  clientProfiles,
  frontProfiles,
  fronts,
  type InterimPolicy,
  interimBytesEverywhere,
  isFront,
  showsHop,
} from "./profiles.ts";

const chrome =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
const safari =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15";
const infinity = Number.POSITIVE_INFINITY;

const facts: ClientFacts = {
  protocol: "HTTP/1.1",
  userAgent: "curl/8.14.1",
  asked: false,
  hopSeen: false,
  loopback: false,
};
const policy: InterimPolicy = { mode: "measured", front: undefined };

function budget(more: Partial<ClientFacts>, under: Partial<InterimPolicy> = {}): number {
  return allowanceFor({ ...facts, ...more }, { ...policy, ...under }).budget;
}

describe("clients as measured, November 2026", () => {
  test.each<[client: string, userAgent: string | undefined, http1: number, http2: number]>([
    ["curl 7.88.1", "curl/7.88.1", infinity, infinity],
    ["curl 8.14.1", "curl/8.14.1", infinity, infinity],
    ["wget 1.21.3", "Wget/1.21.3", 200, 0],
    ["Python http.client: sends no User-Agent", undefined, 0, 0],
    ["Python urllib 3.13", "Python-urllib/3.13", 0, 0],
    ["requests 2.34.2", "python-requests/2.34.2", 0, 0],
    ["httpx 0.23.3, 0.28.1", "python-httpx/0.28.1", 200, 200],
    ["aiohttp 3.8.4, 3.14.3", "Python/3.11 aiohttp/3.8.4", 200, 0],
    ["Node 20 fetch", "node", infinity, infinity],
    ["got 14.6.6", "got (https://github.com/sindresorhus/got)", 200, 0],
    ["superagent 10.4.2", "node-superagent/10.4.2", 200, 0],
    ["Go net/http, HTTP/1.1", "Go-http-client/1.1", 5, 5],
    ["Java 8 HttpURLConnection", "Java/1.8.0_402", 0, 0],
    ["Java 17 HttpURLConnection", "Java/17.0.15", 0, 0],
    ["Java 17, without a patch number", "Java/17", 0, 0],
    ["Java 20, not measured", "Java/20.0.1", 0, 0],
    ["Java 21 HttpURLConnection", "Java/21.0.12.1", 20, 0],
    ["Java HttpClient", "Java-http-client/17.0.15", 8, 8],
    ["Ruby Net::HTTP", "Ruby", 99, 0],
    ["PHP with a User-Agent", "PHP/8.2.36", 0, 0],
    ["Perl LWP 6.68", "libwww-perl/6.68", 0, 0],
    ["lwp-request", "lwp-request/6.68 libwww-perl/6.68", 0, 0],
    ["Chromium 156", chrome, 200, 200],
    ["Chromium 156, headless", chrome.replace("Chrome", "HeadlessChrome"), 200, 200],
    ["Firefox ESR 153.7", firefox, 200, 0],
    ["cadaver 0.24", "cadaver/0.24 neon/0.32.5", 127, 0],
    ["davfs2 1.6.1", "davfs2/1.6.1 neon/0.32.5", 127, 0],
    ["neon 0.33", "cadaver/0.26 neon/0.33.0", infinity, 0],
    ["rclone 1.60.1", "rclone/v1.60.1-DEV", 5, 5],
    ["aria2 1.36.0", "aria2/1.36.0", 200, 0],
  ])("%s", (_, userAgent, http1, http2) => {
    expect(budget({ userAgent, protocol: "HTTP/1.1" })).toBe(http1);
    expect(budget({ userAgent, protocol: "HTTP/2" })).toBe(http2);
    expect(budget({ userAgent, protocol: "HTTP/1.0" })).toBe(0);
  });

  test.each([
    safari,
    "WebDAVFS/3.0.0 (03008000) Darwin/24.0.0 (arm64)",
    "WebDAVLib/1.3",
    "Microsoft-WebDAV-MiniRedir/10.0.19045",
    "gvfs/1.50.3",
    "Mozilla/5.0 (X11; Linux x86_64) KIO/5.103 dolphin/22.12",
    "Cyberduck/9.0.1.41945 (Mac OS X/15.0) (aarch64)",
    "WinSCP/6.5.2 neon/0.32.5",
    "Mozilla/5.0 (Linux) mirall/3.7.3 (Nextcloud, debian-6.1)",
    "Nextcloud-android/3.30",
    "curl/9.0.0",
    "rclone/v2.0.0",
    "SomethingNew/1.0",
    "",
    undefined,
  ])("nobody measured %s: none", (userAgent) => {
    expect(budget({ userAgent })).toBe(0);
    expect(budget({ userAgent, protocol: "HTTP/2" })).toBe(0);
  });

  test.each([
    ["curl/8.1 python-requests/2.31", 0],
    ["python-requests/2.31 curl/8.1", 0],
    ["curl/8.1 libwww-perl/6.68", 0],
    ["curl/8.1 Java/17.0.1", 0],
    ["not-curl/8.1", 0],
    ["my curl/8.1", 0],
    ["Wget/1.21 WinSCP", 0],
    [`${chrome} PHP/8.2`, 0],
    ["node PYTHON-REQUESTS", 0],
    [`curl/8.1 ${"x".repeat(600)}`, 0],
  ])("several that match, or none quite: the strictest counts: %.60s", (userAgent, expected) => {
    expect(budget({ userAgent })).toBe(expected);
  });

  test("neon takes less at a time, curl less in all", () => {
    const neon = allowanceFor({ ...facts, userAgent: "davfs2/1.6.1 neon/0.32.5" }, policy);
    expect(neon).toEqual({ budget: 127, bytes: 3072, totalBytes: infinity, profile: "neon-0.32" });
    expect(allowanceFor(facts, policy)).toEqual({
      budget: infinity,
      bytes: 3584,
      totalBytes: 96 * 1024,
      profile: "curl",
    });
  });

  test("each row has its evidence, and a name of its own", () => {
    for (const { evidence } of [...clientProfiles, ...Object.values(frontProfiles)])
      expect(evidence).not.toBe("");
    expect(new Set(clientProfiles.map(({ name }) => name)).size).toBe(clientProfiles.length);
  });

  test("a hostile User-Agent has no profile, and no pattern goes back over it", { timeout: 20_000 }, () => {
    const parts = ["a", " ", "Mozilla/5.0 (", "Version/1", "Java/1", "neon/0.", "(", "1"];
    const matched = clientProfiles.flatMap(({ name, pattern }) =>
      // One that goes back would take minutes over these.
      parts.filter((part) => pattern.test(part.repeat(300_000))).map((part) => `${name}: ${part}`),
    );
    expect(matched).toEqual([]);
  });
});

describe("proxies as measured, November 2026", () => {
  test.each<[proxy: string, front: string, most: number, bytes: number, totalBytes: number]>([
    ["nginx 1.22.1, 1.26.3", "nginx", 0, 0, 0],
    ["Apache 2.4.71 mod_proxy_http", "apache", 9, 6144, infinity],
    ["Apache 2.4.71 mod_proxy_http2", "apache-http2", 0, 0, 0],
    ["HAProxy 2.6.12, 3.0.11", "haproxy", 2000, 6144, infinity],
    ["Varnish 7.1.1, 7.7.0", "varnish", 0, 0, 0],
    ["Squid 5.7", "squid", 200, 40960, infinity],
    ["Caddy 2.6.2", "caddy", 5, 40960, infinity],
    ["nghttpx 1.52.0", "nghttpx", 200, 6144, 49152],
    ["http-proxy, http-proxy-middleware, @fastify/http-proxy, fast-proxy", "node", infinity, 8192, infinity],
    ["Envoy (read)", "envoy", 1, 6144, infinity],
    ["Traefik (read)", "traefik", 5, 40960, infinity],
    ["Cloudflare (documented)", "cloudflare", infinity, 6144, infinity],
    ["none", "none", infinity, infinity, infinity],
  ])("%s", (_, name, most, bytes, totalBytes) => {
    if (!isFront(name)) throw new Error(`${name} is no front`);
    expect(frontProfiles[name]).toMatchObject({ budget: most, bytes, totalBytes });
    for (const mode of ["measured", "asked", "standard"] as const) {
      for (const asked of [true, false]) {
        for (const userAgent of ["curl/8.1", "python-requests/2.31", "Go-http-client/1.1", undefined]) {
          const allowed = allowanceFor({ ...facts, userAgent, asked }, { mode, front: name });
          expect(allowed.budget).toBeLessThanOrEqual(most);
          expect(allowed.bytes).toBeLessThanOrEqual(Math.min(bytes, interimBytesEverywhere));
          expect(allowed.totalBytes).toBeLessThanOrEqual(totalBytes);
        }
      }
    }
    expect(budget({ asked: true }, { front: name })).toBe(most);
    expect(budget({}, { front: name })).toBe(most);
  });

  test("every front has its row here", () => {
    expect(fronts).toHaveLength(13);
    expect(fronts.every(isFront)).toBe(true);
    for (const name of ["", "NGINX", "toString", "__proto__", "iis"]) expect(isFront(name)).toBe(false);
  });

  test("a front speaks for its clients: what breaks over one protocol may break behind it", () => {
    expect(budget({ userAgent: "Wget/2.2.0" }, { front: "haproxy" })).toBe(0);
    expect(budget({ userAgent: firefox }, { front: "haproxy" })).toBe(0);
    expect(budget({ userAgent: "Wget/1.21.3" }, { front: "haproxy" })).toBe(200);
    expect(budget({ userAgent: "python-requests/2.31" }, { front: "haproxy" })).toBe(0);
  });
});

describe("who gets interim responses", () => {
  test("nothing is volunteered through a hop that was not declared", () => {
    expect(allowanceFor({ ...facts, hopSeen: true }, policy)).toMatchObject({
      budget: 0,
      profile: "undeclared hop",
    });
    expect(budget({ hopSeen: true }, { front: "none" })).toBe(0);
    expect(budget({ hopSeen: true }, { front: "haproxy" })).toBe(2000);
  });

  test("nothing is volunteered on a loopback address, unless a front is declared", () => {
    expect(allowanceFor({ ...facts, loopback: true }, policy)).toMatchObject({
      budget: 0,
      profile: "loopback",
    });
    expect(budget({ loopback: true }, { front: "none" })).toBe(infinity);
    expect(budget({ loopback: true }, { front: "apache" })).toBe(9);
  });

  test("who asks gets them in every mode: a known client its budget, others five", () => {
    for (const mode of ["measured", "asked", "standard"] as const) {
      expect(budget({ asked: true, loopback: true }, { mode })).toBe(infinity);
      expect(budget({ asked: true, userAgent: "Go-http-client/1.1" }, { mode })).toBe(5);
      expect(budget({ asked: true, userAgent: "davfs2/1.6.1 neon/0.32.5" }, { mode })).toBe(127);
      for (const userAgent of [
        "python-requests/2.31",
        "SomethingNew/1.0",
        safari,
        undefined,
        "x".repeat(10_000),
      ]) {
        expect(budget({ asked: true, userAgent }, { mode })).toBe(askedAllowance.budget);
      }
    }
  });

  test("who asks through a hop that was not declared gets five at most", () => {
    expect(budget({ asked: true, hopSeen: true })).toBe(5);
    expect(budget({ asked: true, hopSeen: true, userAgent: "Go-http-client/1.1" })).toBe(5);
    expect(budget({ asked: true, hopSeen: true }, { front: "haproxy" })).toBe(2000);
  });

  test("a front that bears none gives none to who asks", () => {
    expect(allowanceFor({ ...facts, asked: true }, { mode: "standard", front: "nginx" })).toMatchObject({
      budget: 0,
      profile: "front nginx",
    });
  });

  test("HTTP/1.0 gets none, whatever was asked or declared (RFC 9110 §15.2)", () => {
    for (const mode of ["measured", "asked", "standard"] as const) {
      expect(budget({ protocol: "HTTP/1.0", asked: true }, { mode, front: "none" })).toBe(0);
    }
  });

  test("mode asked volunteers nothing", () => {
    expect(budget({}, { mode: "asked", front: "none" })).toBe(0);
  });

  test("mode standard sends to every client of HTTP/1.1 and later, within the budgets that are known", () => {
    const standard = { mode: "standard" } as const;
    expect(budget({ userAgent: "python-requests/2.31" }, standard)).toBe(infinity);
    expect(budget({ userAgent: undefined, protocol: "HTTP/2" }, standard)).toBe(infinity);
    expect(budget({ hopSeen: true, loopback: true }, standard)).toBe(infinity);
    expect(budget({ userAgent: "Go-http-client/2.0", protocol: "HTTP/2" }, standard)).toBe(5);
    expect(budget({ userAgent: "python-requests/2.31" }, { ...standard, front: "apache" })).toBe(9);
  });

  test("an interim response stays below 3.5 KiB for everybody", () => {
    for (const userAgent of ["curl/8.1", "node", chrome, undefined]) {
      expect(allowanceFor({ ...facts, userAgent, asked: true }, policy).bytes).toBe(3584);
    }
  });
});

test.each([
  [{ via: "1.1 proxy" }, true],
  [{ forwarded: "for=1.2.3.4" }, true],
  [{ "x-forwarded-for": "1.2.3.4" }, true],
  [{ "x-forwarded-whatever": "" }, true],
  [{ "x-real-ip": "1.2.3.4" }, true],
  [{ "cdn-loop": "cloudflare" }, true],
  [{ host: "x", "user-agent": "curl/8.1", forward: "x", "x-forward": "y" }, false],
  [{ via: undefined }, false],
  [{}, false],
])("showsHop(%j) is %s", (headers, shows) => {
  expect(showsHop(headers)).toBe(shows);
});

test("what is found for a user agent does not depend on what was asked before, however many there were", () => {
  const facts = { userAgent: "curl/8.5.0", asked: false, hopSeen: false, loopback: false } as const;
  const policy = { mode: "measured", front: undefined } as const;
  const found = () => [
    allowanceFor({ ...facts, protocol: "HTTP/1.1" }, policy),
    allowanceFor({ ...facts, protocol: "HTTP/2" }, policy),
    allowanceFor({ ...facts, protocol: "HTTP/1.1" }, { ...policy, front: "haproxy" }),
    allowanceFor({ ...facts, protocol: "HTTP/1.1", userAgent: "Wget2/2.2.0" }, policy),
    allowanceFor({ ...facts, protocol: "HTTP/2", userAgent: "Wget2/2.2.0" }, policy),
  ];
  const first = found();
  expect(found()).toEqual(first);
  for (let number = 0; number < 1000; number += 1) {
    allowanceFor({ ...facts, protocol: "HTTP/1.1", userAgent: `made up ${number}` }, policy);
  }
  expect(found()).toEqual(first);
  expect(first.map(({ budget }) => budget)).toContain(0);
});
