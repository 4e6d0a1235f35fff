/**
 * What clients were measured to do with interim responses: against an origin on Node 20.20.2 over loopback, November
 * 2026, unless the evidence says otherwise. A new row needs a measurement, and a row in the test.
 */
import type { Protocol } from "../exchange/protocol.ts";

/** What a client was measured to bear. */
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

const unlimited: number = Number.POSITIVE_INFINITY;
const KiB = 1024;

/** In no order: of all that match, the strictest counts. */
export const clientProfiles: readonly ClientProfile[] = [
  // Command lines
  client(
    "curl",
    /^curl\/[78]\./,
    { "HTTP/1.1": unlimited, "HTTP/2": unlimited },
    unlimited,
    // Of both protocols the narrower limit.
    96 * KiB,
    "curl 7.88.1, 8.14.1: 11,000 bare ones; all header bytes, the final ones too: HTTP/1.1 300 KiB; HTTP/2 (7.88.1) 128 KiB, then exit code 56",
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
    /^rclone\/(?:v1\.|$)/,
    { "HTTP/1.1": 5, "HTTP/2": 5 },
    unlimited,
    unlimited,
    "rclone 1.60.1: fails with 7, the limit of Go before 1.24; the version of Go does not show",
  ),
  refuses("gvfs", /gvfs/i, "not measured"),
  refuses("kio", /\bKIO\b|Konqueror|Dolphin/i, "not measured"),
  refuses(
    "windows",
    /Microsoft-WebDAV-MiniRedir|Microsoft Data Access|DavClnt/i,
    "Windows' WebDAV clients: not measured",
  ),
  refuses("finder", /WebDAVFS|WebDAVLib|CFNetwork|Darwin\//i, "macOS and iOS: not measured"),
  refuses("cyberduck", /Cyberduck|Mountain ?Duck/i, "not measured"),
  refuses("winscp", /WinSCP/i, "brings its own neon: not measured"),
  refuses("owncloud", /mirall|Nextcloud|ownCloud/i, "not measured"),

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
  refuses("safari", /Version\/[0-9.]{1,20} (?:Mobile\/[0-9A-Za-z]{1,20} )?Safari\//, "Safari: not measured"),

  // Languages that get it wrong
  refuses(
    "python",
    /python-requests|python-urllib|HTTPie|http\.client/i,
    "http.client of 2.7.18 to 3.13.0, urllib, requests 2.28.1 and 2.34.2: the 102 is the final response, and the connection out of step",
  ),
  refuses(
    "perl",
    /libwww-perl|lwp-/i,
    "LWP 6.68: the 102 is the final response, the next request gets the next 102",
  ),
  refuses(
    "php",
    /\bPHP\b/i,
    "PHP 8.2.36 streams: of two or more the second is final, and the rest of the wire its body",
  ),
  refuses(
    "java-17",
    /\bJava\/(?:1\.[0-9]|[2-9](?:[^0-9]|$)|1[0-9](?:[^0-9]|$)|20(?:[^0-9]|$))/,
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

/** Breaks, or nobody measured: the evidence says which. */
function refuses(name: string, pattern: RegExp, evidence: string): ClientProfile {
  return client(name, pattern, { "HTTP/1.1": 0, "HTTP/2": 0 }, 0, 0, evidence);
}
