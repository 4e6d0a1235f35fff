import { DavError } from "@meanwhile/dav";
import { describe, expect, test } from "vitest";
import { requireOwnSite, type SiteRequest } from "./cross-site.ts";

interface Case {
  readonly site?: string;
  readonly origin?: string;
  /** How the client sees the server; default `http://127.0.0.1:8102`. */
  readonly own?: string;
  readonly declared?: true;
  readonly principal?: string;
  readonly method?: string;
  readonly cors?: readonly string[];
}

/** Why it is refused; "" where it passes. */
function refusal(given: Case): string {
  const { site, origin, own = "http://127.0.0.1:8102", method = "DELETE", cors = [], principal } = given;
  const request: SiteRequest = {
    method,
    fields: { fetchSite: site, origin },
    connection: { origin: own, declared: given.declared ?? false, secure: own.startsWith("https:") },
    principal,
  };
  try {
    requireOwnSite(request, { cors, hostName: "Nas.home.example" });
    return "";
  } catch (error) {
    if (error instanceof DavError && error.status === 403) return error.message;
    throw error;
  }
}

const evil = "https://evil.example";
const own = "http://127.0.0.1:8102";
const files = "https://files.example";

describe("what passes", () => {
  test.each<[what: string, given: Case]>([
    ["a program, which has neither field", {}],
    ["a program, by whatever name it came", { own: "http://anything.example" }],
    ["our own page", { site: "same-origin", origin: own }],
    ["what the user asked for by hand", { site: "none" }],
    ["our own page in a browser that knows no Sec-Fetch-Site", { origin: own }],
    ["our own page at localhost", { origin: "http://localhost:8102", own: "http://localhost:8102" }],
    ["our own page at a name below localhost", { origin: "http://a.localhost", own: "http://a.localhost" }],
    ["our own page at an IPv6 address", { origin: "http://[fd00::1]:8102", own: "http://[fd00::1]:8102" }],
    [
      "our own page at this machine's name",
      { origin: "http://nas.home.example", own: "http://nas.home.example" },
    ],
    ["our own page at its first label", { origin: "http://nas:8102", own: "http://nas:8102" }],
    ["our own page at its name of multicast DNS", { origin: "http://nas.local", own: "http://NAS.local" }],
    ["our own page at any name, of a user", { origin: files, own: files, principal: "ann" }],
    ["our own page at the base URL", { site: "same-origin", origin: files, own: files, declared: true }],
    [
      "our own page, behind a proxy that takes the TLS away unseen",
      { origin: files, own: "http://files.example", principal: "ann" },
    ],
    [
      "the same, where Host names the scheme's own port",
      { origin: files, own: "http://files.example:443", principal: "ann" },
    ],
    ["an origin that --cors names", { site: "cross-site", origin: evil, cors: ["https://a.example", evil] }],
    ["any origin where --cors says so", { site: "cross-site", origin: "null", cors: ["*"] }],
    [
      "an origin of no scheme that browsers know",
      { origin: "app://obsidian.md", cors: ["app://obsidian.md"] },
    ],
    ...["GET", "HEAD", "OPTIONS", "PROPFIND"].map((method): [string, Case] => [
      `${method}, which is safe (RFC 9110 §9.2.1)`,
      { site: "cross-site", origin: evil, method },
    ]),
  ])("%s", (_what, given) => expect(refusal(given)).toBe(""));
});

describe("what is refused", () => {
  test.each<[what: string, given: Case]>([
    ["another site's page", { site: "cross-site", origin: evil }],
    ["another site's page, to a user's browser", { site: "cross-site", origin: evil, principal: "ann" }],
    ["another host of the same site", { site: "same-site", origin: "https://other.files.example" }],
    ["a field that nobody knows", { site: "elsewhere", origin: own }],
    ["another site's page that hides its origin", { site: "cross-site" }],
    ["another site's page in an old browser", { origin: evil }],
    ["a sandboxed file of our own site", { site: "cross-site", origin: "null" }],
    ["a sandboxed file in an old browser", { origin: "null" }],
    ["an origin that is none", { origin: `${own}/` }],
    ["two origins", { origin: `${own} ${evil}` }],
    ["another port", { origin: "http://127.0.0.1:8103" }],
    ["the same host without TLS", { origin: "http://files.example", own: files, principal: "ann" }],
    ["a longer name", { origin: `${files}.evil.example`, own: files, principal: "ann" }],
    ["a user's name before the host", { origin: "http://127.0.0.1:8102@evil.example" }],
    ["an origin that --cors does not name", { origin: evil, cors: [files] }],
    ...["PUT", "DELETE", "MKCOL", "COPY", "MOVE", "PROPPATCH", "LOCK", "UNLOCK", "POST", "PATCH"].map(
      (method): [string, Case] => [method, { site: "cross-site", origin: evil, method }],
    ),
  ])("%s", (_what, given) => expect(refusal(given)).toMatch(/^the request comes from a web page of another/));

  test.each([
    "http://evil.example:8102",
    "http://127.0.0.1.evil.example",
    "http://nas.evil.example",
    "http://localhost.evil.example",
    "http://10.evil.example",
  ])("a page whose name leads here, where nobody logs in: %s (DNS rebinding)", (name) => {
    for (const given of [{ origin: name }, { site: "same-origin" }, { site: "same-origin", origin: name }]) {
      expect(refusal({ ...given, own: name })).toMatch(/by a name that it does not know .*--base-url/);
    }
  });
});

test("the sentence says which origin, and how to let it in; not more than is worth reading", () => {
  expect(refusal({ origin: evil })).toBe(
    `the request comes from a web page of another site (${evil}), which may change nothing here unless the server allows that origin (--cors)`,
  );
  expect(refusal({ origin: `https://${"a".repeat(5000)}` }).length).toBeLessThan(400);
});
