/**
 * What clients and proxies were measured to do with interim responses. Evidence is of November 2026, an origin on
 * Node 20.20.2 over loopback, unless it says otherwise. A new row needs a measurement, and a row in the test.
 */
import type { Protocol } from "./protocol.ts";

export interface ClientProfile {
  readonly name: string;
  /**
   * Matched against User-Agent. Patterns of clients that bear interim responses are anchored at the first product; those
   * that refuse match anywhere. No pattern may backtrack more than linearly.
   */
  readonly pattern: RegExp;
  /**
   * How many, by what the client speaks. No entry: it does not speak that. 0: breaks, or nobody measured. Infinity only
   * where thousands were measured; where 200 were, it is 200.
   */
  readonly budgets: Readonly<Partial<Record<Protocol, number>>>;
  /** Of one interim response. */
  readonly bytes: number;
  /** Of all of a request. */
  readonly totalBytes: number;
  readonly evidence: string;
}

export interface FrontProfile {
  readonly budget: number;
  readonly bytes: number;
  readonly totalBytes: number;
  readonly evidence: string;
}

const unlimited: number = Number.POSITIVE_INFINITY;
const KiB = 1024;

/** The proxies that an operator may declare. */
export type Front =
  | "none"
  | "nginx"
  | "apache"
  | "apache-http2"
  | "haproxy"
  | "caddy"
  | "varnish"
  | "squid"
  | "envoy"
  | "traefik"
  | "nghttpx"
  | "node"
  | "cloudflare";

export const frontProfiles: Readonly<Record<Front, FrontProfile>> = {
  none: front(unlimited, unlimited, unlimited, "declared by the operator: clients connect directly"),
  nginx: front(
    0,
    0,
    0,
    "1.22.1, 1.26.3: takes the first 102 as the final response; with HTTP/1.1 upstreams (default from 1.29.7 on) or an HTTP/2 front the final response is lost, at n = 1",
  ),
  apache: front(
    9,
    6 * KiB,
    unlimited,
    "2.4.71 mod_proxy_http: relays 9, the 10th gives 502 (AH00898), counted with Suppress too; 6 KiB pass, 9 KiB give 502",
  ),
  "apache-http2": front(
    0,
    0,
    0,
    "2.4.71 mod_proxy_http2: drops them and merges their fields into the final response",
  ),
  haproxy: front(
    2000,
    6 * KiB,
    unlimited,
    "2.6.12, 3.0.11: relays 2,000; 20 of 6 KiB pass, 20 KiB gives 502",
  ),
  caddy: front(
    5,
    40 * KiB,
    unlimited,
    "2.6.2: relays 5, then 502: the limit of Go before 1.24, with which it was built; newer builds not measured",
  ),
  varnish: front(0, 0, 0, "7.1.1, 7.7.0: 503 at the first interim response"),
  squid: front(
    200,
    40 * KiB,
    unlimited,
    "5.7: relays 200, 40 KiB pass; its read_timeout is not reset by them",
  ),
  envoy: front(
    1,
    6 * KiB,
    unlimited,
    "read, not run: relays the first only (guard proxy_102_103); Istio, Contour and others inherit",
  ),
  traefik: front(5, 40 * KiB, unlimited, "read, not run: Go's reverse proxy; 5 before Go 1.24, as Caddy"),
  nghttpx: front(200, 6 * KiB, 48 * KiB, "1.52.0: relays 200; sizes add up, 502 after 10 of 6 KiB"),
  node: front(
    unlimited,
    8 * KiB,
    unlimited,
    "http-proxy 1.18.1, http-proxy-middleware 3.0.10, @fastify/http-proxy 11.6.3, fast-proxy 2.2.0: drop all, but their timeouts are reset; 40 KiB gives 500 or 502",
  ),
  cloudflare: front(
    unlimited,
    6 * KiB,
    unlimited,
    "documented, not run: relays all; a 102 without a final response within 125 s gives 522, none at all 524 sooner",
  ),
};

/** Their names, for help texts. */
export const fronts: readonly Front[] = Object.keys(frontProfiles).filter((name): name is Front =>
  Object.hasOwn(frontProfiles, name),
);

/** In no order: of all that match, the strictest counts. */
export const clientProfiles: readonly ClientProfile[] = [
  // Command lines
  client(
    "curl",
    /^curl\/[78]\./,
    { "HTTP/1.1": unlimited, "HTTP/2": unlimited },
    unlimited,
    256 * KiB,
    "curl 7.88.1, 8.14.1, HTTP/1.1 and HTTP/2: 11,000 bare ones; all header bytes, the final ones too, 300 KiB",
  ),
  client(
    "wget",
    /^Wget\/1\./,
    { "HTTP/1.1": 200 },
    40 * KiB,
    unlimited,
    "wget 1.21.3: 200 of 6 KiB; 40 KiB pass",
  ),
  client(
    "wget2",
    /^Wget2?\/2\./,
    { "HTTP/1.1": 200, "HTTP/2": 0 },
    40 * KiB,
    unlimited,
    "wget2 2.2.0: 200 over HTTP/1.1; over HTTP/2 an empty file with exit 0, at n = 1",
  ),
  client("lftp", /^lftp\/4\./, { "HTTP/1.1": 200 }, 6 * KiB, unlimited, "lftp 4.9.2: 200 of 6 KiB"),
  client(
    "aria2",
    /^aria2\/1\./,
    { "HTTP/1.1": 200 },
    6 * KiB,
    unlimited,
    "aria2 1.36.0: 200 of 6 KiB; may lose a second where several arrive in one segment, which pacing avoids",
  ),

  // WebDAV clients
  client(
    "neon-0.32",
    /^[^ ]{1,64} neon\/0\.(?:[0-9]|[12][0-9]|3[0-2])(?:\.|$)/,
    { "HTTP/1.1": 127 },
    3 * KiB,
    unlimited,
    "neon 0.32.5 (cadaver 0.24, davfs2 1.6.1, litmus 0.13): the 128th fails; a line of 3 KiB passes, 4 KiB fails",
  ),
  client(
    "neon-0.33",
    /^[^ ]{1,64} neon\/0\.(?:3[3-9]|[4-9][0-9])(?:\.|$)/,
    { "HTTP/1.1": unlimited },
    3 * KiB,
    unlimited,
    "read, not run: from 0.33.0 on no count, but the session's read timeout bounds all interim responses of a request together",
  ),
  client(
    "rclone",
    /^rclone\/v1\./,
    { "HTTP/1.1": 5, "HTTP/2": 5 },
    unlimited,
    unlimited,
    "rclone 1.60.1: fails with 7, the limit of Go before 1.24; the version of Go does not show",
  ),
  client("gvfs", /gvfs/i, unmeasured(), 0, 0, "not measured"),
  client("kio", /\bKIO\b|Konqueror|Dolphin/i, unmeasured(), 0, 0, "not measured"),
  client(
    "windows",
    /Microsoft-WebDAV-MiniRedir|Microsoft Data Access|DavClnt/i,
    unmeasured(),
    0,
    0,
    "Windows' WebDAV clients: not measured",
  ),
  client(
    "finder",
    /WebDAVFS|WebDAVLib|CFNetwork|Darwin\//i,
    unmeasured(),
    0,
    0,
    "macOS and iOS: not measured",
  ),
  client("cyberduck", /Cyberduck|Mountain ?Duck/i, unmeasured(), 0, 0, "not measured"),
  client("winscp", /WinSCP/i, unmeasured(), 0, 0, "brings its own neon: not measured"),
  client("owncloud", /mirall|Nextcloud|ownCloud/i, unmeasured(), 0, 0, "not measured"),

  // Browsers
  client(
    "chromium",
    /^Mozilla\/5\.0 \([^()]{1,200}\) AppleWebKit\/[0-9.]{1,20} \(KHTML, like Gecko\) (?:Headless)?Chrome\/[0-9]/,
    { "HTTP/1.1": 200, "HTTP/2": 200 },
    6 * KiB,
    unlimited,
    "Chromium 156: fetch over HTTP/1.1, navigation over both: 200; 20 of 6 KiB; one of 300 KiB fails",
  ),
  client(
    "firefox",
    /^Mozilla\/5\.0 \([^()]{1,200}\) Gecko\/[0-9.]{1,20} Firefox\/[0-9]/,
    { "HTTP/1.1": 200, "HTTP/2": 0 },
    40 * KiB,
    unlimited,
    "Firefox ESR 153.7: fetch over HTTP/1.1: 200, 300 KiB pass; HTTP/2 not measured",
  ),
  client(
    "safari",
    /Version\/[0-9.]{1,20} (?:Mobile\/[0-9A-Za-z]{1,20} )?Safari\//,
    unmeasured(),
    0,
    0,
    "Safari: not measured",
  ),

  // Languages that get it wrong
  client(
    "python",
    /python-requests|python-urllib|HTTPie|http\.client/i,
    broken(),
    0,
    0,
    "http.client of 2.7.18 to 3.13.0, urllib, requests 2.28.1 and 2.34.2: the 102 is the final response, and the connection out of step",
  ),
  client(
    "perl",
    /libwww-perl|lwp-/i,
    broken(),
    0,
    0,
    "LWP 6.68: the 102 is the final response, the next request gets the next 102",
  ),
  client(
    "php",
    /\bPHP\b/i,
    broken(),
    0,
    0,
    "PHP 8.2.36 streams: of two or more the second is final, and the rest of the wire its body",
  ),
  client(
    "java-17",
    /\bJava\/(?:1\.[0-9]|[2-9](?:[^0-9]|$)|1[0-9](?:[^0-9]|$)|20(?:[^0-9]|$))/,
    broken(),
    0,
    0,
    "HttpURLConnection of 17.0.15: the 102 is the final response, and reading its body hangs; mended in 20 or 21",
  ),

  // Languages that get it right
  client(
    "java-21",
    /^Java\/(?:2[1-9]|[3-9][0-9])(?:[^0-9]|$)/,
    { "HTTP/1.1": 20 },
    2 * KiB,
    unlimited,
    "HttpURLConnection of 21.0.12.1: 20, more not measured, nor sizes",
  ),
  client(
    "java-http-client",
    /^Java-http-client\/[0-9]/,
    { "HTTP/1.1": 8, "HTTP/2": 8 },
    unlimited,
    unlimited,
    "java.net.http of 17.0.15 and 21.0.12.1: the 9th fails",
  ),
  client(
    "go",
    /^Go-http-client\/(?:1\.1|2\.0)/,
    { "HTTP/1.1": 5, "HTTP/2": 5 },
    unlimited,
    unlimited,
    "Go 1.19.8, 1.23.5: the 6th fails; 1.27.4 took 200, but the version does not show",
  ),
  client(
    "httpx",
    /^python-httpx\/0\./,
    { "HTTP/1.1": 200, "HTTP/2": 200 },
    40 * KiB,
    unlimited,
    "httpx 0.23.3 (both), 0.28.1 (HTTP/1.1): 200 of 6 KiB; 40 KiB pass, 80 KiB fail",
  ),
  client(
    "aiohttp",
    /^Python\/3\.[0-9]{1,2} aiohttp\/3\./,
    { "HTTP/1.1": 200 },
    8 * KiB,
    unlimited,
    "aiohttp 3.8.4, 3.14.3: 200 of 6 KiB; 8,190 bytes a line",
  ),
  client(
    "node",
    /^(?:node|undici)(?:$|\/)/,
    { "HTTP/1.1": unlimited, "HTTP/2": unlimited },
    8 * KiB,
    unlimited,
    "Node 20.20.2 http, http2, fetch (undici 6.24.1), undici 7.30.2, ky 1.14.3: 200; 16 KiB a header block",
  ),
  client(
    "axios",
    /^axios\/1\./,
    { "HTTP/1.1": 200 },
    8 * KiB,
    unlimited,
    "axios 1.21.1, both adapters: 200; 16 KiB a header block",
  ),
  client(
    "got",
    /^got(?:$|[ /])/,
    { "HTTP/1.1": 200, "HTTP/2": 0 },
    8 * KiB,
    unlimited,
    "got 14.6.6: 200 over HTTP/1.1; 16 KiB a header block; HTTP/2 not measured",
  ),
  client(
    "superagent",
    /^node-superagent\//,
    { "HTTP/1.1": 200, "HTTP/2": 0 },
    8 * KiB,
    unlimited,
    "superagent 10.4.2: 200 over HTTP/1.1",
  ),
  client(
    "node-fetch",
    /^node-fetch(?:$|[ /])/,
    { "HTTP/1.1": 200 },
    8 * KiB,
    unlimited,
    "node-fetch 3.3.2: 200; 16 KiB a header block",
  ),
  client(
    "ruby",
    /^Ruby$/,
    { "HTTP/1.1": 99 },
    40 * KiB,
    unlimited,
    "Net::HTTP of Ruby 3.1.2, 3.3.8: 200; 300 KiB pass on 3.1; read: newer ones stop at 100",
  ),
];

function front(budget: number, bytes: number, totalBytes: number, evidence: string): FrontProfile {
  return { budget, bytes, totalBytes, evidence };
}

function client(
  name: string,
  pattern: RegExp,
  budgets: ClientProfile["budgets"],
  bytes: number,
  totalBytes: number,
  evidence: string,
): ClientProfile {
  return { name, pattern, budgets, bytes, totalBytes, evidence };
}

function unmeasured(): ClientProfile["budgets"] {
  return { "HTTP/1.1": 0, "HTTP/2": 0 };
}

function broken(): ClientProfile["budgets"] {
  return { "HTTP/1.1": 0, "HTTP/2": 0 };
}
