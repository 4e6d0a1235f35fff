import type { AnyRequest } from "@meanwhile/interim";
import { expect, test } from "vitest";
import { plainAddress, readConnection } from "./connection.ts";

interface Parts {
  readonly peer?: string | undefined;
  readonly local?: string;
  readonly url?: string;
  readonly encrypted?: boolean;
}

/** As much of a request as its connection is read from. */
function request(headers: Record<string, string>, parts: Parts = {}): AnyRequest {
  const { peer = "203.0.113.9", local = "203.0.113.1", url = "/", encrypted = false } = parts;
  const socket = { remoteAddress: peer, localAddress: local, localPort: 8102, encrypted };
  return { headers: { host: "seen.example", ...headers }, url, socket } as unknown as AnyRequest;
}

const trustedProxy = (address: string): boolean => address.startsWith("10.") || address === "fd00::1";
const options = { mount: { origin: undefined }, trustedProxy };

test("without a proxy, peer and Host are what they seem", () => {
  expect(readConnection(request({}), options)).toEqual({
    address: "203.0.113.9",
    secure: false,
    loopback: false,
    localEnd: false,
    origin: "http://seen.example",
    declared: false,
    wire: expect.anything(),
  });
  const secure = readConnection(request({}, { encrypted: true }), options);
  expect(secure).toMatchObject({ secure: true, origin: "https://seen.example" });
});

type Row = readonly [name: string, headers: Record<string, string>, address: string, origin: string];
const believed: readonly Row[] = [
  ["nothing said", {}, "10.0.0.1", "http://seen.example"],
  [
    "one element (RFC 7239 §4)",
    { forwarded: "for=192.0.2.43;proto=https;host=files.example" },
    "192.0.2.43",
    "https://files.example",
  ],
  [
    "names in any case, white space",
    { forwarded: " For=192.0.2.43 ; PROTO=HTTPS" },
    "192.0.2.43",
    "https://seen.example",
  ],
  [
    "quoted IPv6 with a port (§6.1)",
    { forwarded: 'for="[2001:db8:cafe::17]:4711"' },
    "2001:db8:cafe::17",
    "http://seen.example",
  ],
  [
    "separators inside of quotes",
    { forwarded: 'for=192.0.2.43;host="files.example:8443";ext="a,b;proto=https\\""' },
    "192.0.2.43",
    "http://files.example:8443",
  ],
  ["IPv4 with a port", { forwarded: 'for="192.0.2.43:47011"' }, "192.0.2.43", "http://seen.example"],
  [
    "a chain of trusted proxies",
    { forwarded: "for=192.0.2.43;proto=https;host=files.example, for=10.0.0.2" },
    "192.0.2.43",
    "https://files.example",
  ],
  [
    "what stands before an untrusted hop is not believed",
    { forwarded: "for=127.0.0.1;proto=https, for=192.0.2.43;proto=http" },
    "192.0.2.43",
    "http://seen.example",
  ],
  [
    "an obfuscated client (§6.3)",
    { forwarded: "for=127.0.0.1, for=_hidden" },
    "_hidden",
    "http://seen.example",
  ],
  [
    "an unknown client (§6.2)",
    { forwarded: "for=127.0.0.1;proto=https, for=unknown" },
    "unknown",
    "http://seen.example",
  ],
  [
    "a proxy that does not say for whom: nothing before it counts",
    { forwarded: "for=127.0.0.1;host=evil.example, proto=https" },
    "10.0.0.1",
    "https://seen.example",
  ],
  [
    "a scheme that is none",
    { forwarded: "for=192.0.2.43;proto=gopher" },
    "192.0.2.43",
    "http://seen.example",
  ],
  [
    "a host that is none",
    { forwarded: 'for=192.0.2.43;host="evil.example/path?x"' },
    "192.0.2.43",
    "http://seen.example",
  ],
  ["an open quote", { forwarded: 'for="192.0.2.43' }, '"192.0.2.43', "http://seen.example"],
  [
    "X-Forwarded-*",
    { "x-forwarded-for": "192.0.2.43", "x-forwarded-proto": "https", "x-forwarded-host": "files.example" },
    "192.0.2.43",
    "https://files.example",
  ],
  [
    "X-Forwarded-For through two proxies",
    { "x-forwarded-for": "192.0.2.43, 10.0.0.2", "x-forwarded-proto": "https" },
    "192.0.2.43",
    "https://seen.example",
  ],
  [
    "X-Forwarded-For that the client began itself",
    { "x-forwarded-for": "127.0.0.1, 192.0.2.43" },
    "192.0.2.43",
    "http://seen.example",
  ],
  [
    "X-Forwarded-Proto that the client began itself",
    { "x-forwarded-proto": "http, https" },
    "10.0.0.1",
    "https://seen.example",
  ],
  [
    "Forwarded beats X-Forwarded-*",
    { forwarded: "for=192.0.2.43", "x-forwarded-for": "192.0.2.99" },
    "192.0.2.43",
    "http://seen.example",
  ],
];
test.each(believed)("behind a trusted proxy: %s", (_name, headers, address, origin) => {
  const seen = readConnection(request(headers, { peer: "10.0.0.1" }), options);
  expect(seen).toMatchObject({ address, origin, loopback: false });
  expect(seen.secure).toBe(origin.startsWith("https:"));
});

test.each(believed)("from anybody else none of it is believed: %s", (_name, headers) => {
  const seen = readConnection(request(headers), options);
  expect(seen).toMatchObject({ address: "203.0.113.9", origin: "http://seen.example", secure: false });
});

test("a configured origin beats everything, and says whether the client is protected", () => {
  const configured = { ...options, mount: { origin: "https://base.example" } };
  const headers = { forwarded: "for=192.0.2.43;proto=http;host=files.example" };
  const seen = readConnection(request(headers, { peer: "10.0.0.1" }), configured);
  expect(seen.declared).toBe(true);
  expect(seen).toMatchObject({ origin: "https://base.example", secure: true, address: "192.0.2.43" });
});

test("the target in absolute-form beats Host (RFC 9112 §3.2.2)", () => {
  const seen = readConnection(request({}, { url: "http://target.example:81/x" }), options);
  expect(seen.origin).toBe("http://target.example:81");
});

test("HTTP/2 names the server by :authority", () => {
  expect(readConnection(request({ ":authority": "two.example" }), options).origin).toBe("http://two.example");
});

test.each([
  ["203.0.113.1", "http://203.0.113.1:8102"],
  ["::1", "http://[::1]:8102"],
  ["::ffff:127.0.0.1", "http://127.0.0.1:8102"],
])("without a Host the server names itself by its own end %s", (local, origin) => {
  expect(readConnection(request({ host: "" }, { local }), options).origin).toBe(origin);
});

const ends: readonly [peer: string, headers: Record<string, string>, loopback: boolean][] = [
  ["127.0.0.1", {}, true],
  ["127.8.8.8", {}, true],
  ["::1", {}, true],
  ["::ffff:127.0.0.1", {}, true],
  ["203.0.113.9", {}, false],
  ["127.0.0.1", { via: "1.1 proxy" }, false],
  ["127.0.0.1", { "x-forwarded-for": "192.0.2.43" }, false],
  ["127.0.0.1", { "x-real-ip": "192.0.2.43" }, false],
  ["127.0.0.1", { forwarded: "for=192.0.2.43" }, false],
];
test.each(ends)("a client at %s with %j is on this machine: %s", (peer, headers, loopback) => {
  expect(readConnection(request(headers, { peer }), options).loopback).toBe(loopback);
});

test.each([
  [undefined, ""],
  [" 192.0.2.1 ", "192.0.2.1"],
  ["192.0.2.1:80", "192.0.2.1"],
  ["[::1]", "::1"],
  ["[::1]:80", "::1"],
  ["fe80::1%eth0", "fe80::1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:db8::1", "2001:db8::1"],
])("the address of %j is %j", (value, address) => {
  expect(plainAddress(value)).toBe(address);
});
