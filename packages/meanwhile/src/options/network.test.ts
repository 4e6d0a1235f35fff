import { describe, expect, test } from "vitest";
import { isLoopback, parseNetwork } from "./network.ts";

describe("networks", () => {
  test.each([
    ["10.0.0.0/8", "10.1.2.3", true],
    ["10.0.0.0/8", "11.0.0.1", false],
    ["10.0.0.0/8", "::ffff:10.1.2.3", true],
    ["192.0.2.7", "192.0.2.7", true],
    ["192.0.2.7", "192.0.2.8", false],
    ["::ffff:192.0.2.7", "192.0.2.7", true],
    ["fd00::/8", "fd12::1", true],
    ["fd00::/8", "fe80::1", false],
    ["fe80::/10", "fe80::1%eth0", true],
    ["::/0", "192.0.2.7", false],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["0.0.0.0/0", "192.0.2.7", true],
    ["10.0.0.0/8", "", false],
    ["10.0.0.0/8", "unknown", false],
  ])("%s holds %j: %s", (network, address, held) => {
    expect(parseNetwork("--trusted-proxy", network)(address)).toBe(held);
  });

  test.each([
    "",
    "10",
    "10.0.0.0/33",
    "10.0.0/8",
    "0x7f.1",
    "10.0.0.0/8/8",
    "proxy.example",
    "::/129",
    "10.0.0.0/-1",
    "1.2.3.4 ",
  ])("%j is refused", (typed) =>
    expect(() => parseNetwork("--trusted-proxy", typed)).toThrow(/^--trusted-proxy takes an address/),
  );
});

test.each([
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["::1", true],
  ["::ffff:127.0.0.1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["192.0.2.1", false],
  ["", false],
])("%j is loopback: %s", (address, loopback) => expect(isLoopback(address)).toBe(loopback));
