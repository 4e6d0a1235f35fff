import { describe, expect, test } from "vitest";
import { formatHostPort, parseHostPort } from "./host-port.ts";

describe("HOST:PORT", () => {
  test.each([
    ["127.0.0.1:8102", "127.0.0.1", 8102],
    ["localhost:0", "localhost", 0],
    ["0.0.0.0:65535", "0.0.0.0", 65_535],
    ["[::1]:0", "::1", 0],
    ["[fe80::1%eth0]:80", "fe80::1%eth0", 80],
    ["files.example:443", "files.example", 443],
  ])("%s is read", (typed, host, port) => expect(parseHostPort("--listen", typed)).toEqual({ host, port }));

  test.each([
    "",
    "8102",
    ":8102",
    "::1:8102",
    "[::1]",
    "[127.0.0.1]:80",
    "[]:80",
    "localhost",
    "localhost:",
    "localhost:65536",
    "localhost:-1",
    "localhost:80x",
    "http://localhost:80",
    "a b:80",
    "-x:80",
    "a\n:80",
  ])("%j is refused", (typed) => {
    expect(() => parseHostPort("--listen", typed)).toThrow(/^--listen takes HOST:PORT/);
  });

  test.each([
    [{ host: "127.0.0.1", port: 1 }, "127.0.0.1:1"],
    [{ host: "::1", port: 8102 }, "[::1]:8102"],
    [{ host: "fe80::1%eth0", port: 80 }, "[fe80::1%25eth0]:80"],
  ])("%j is written with IPv6 in brackets (RFC 3986 §3.2.2)", (parsed, text) => {
    expect(formatHostPort(parsed)).toBe(text);
  });
});
