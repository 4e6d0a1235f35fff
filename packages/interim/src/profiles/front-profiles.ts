/**
 * What proxies were measured to do with interim responses: clients of curl, an origin on Node 20.20.2 over loopback,
 * November 2026, unless the evidence says otherwise. A new row needs a measurement, and a row in the test.
 */

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

/** What each proxy was measured to bear. */
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

function front(budget: number, bytes: number, totalBytes: number, evidence: string): FrontProfile {
  return { budget, bytes, totalBytes, evidence };
}
