import { describe, expect, test } from "vitest";
import { CommandError } from "../command-error.ts";
import { parseServeOptions, type TypedServeOptions } from "./serve-options.ts";

describe("options of `meanwhile serve`", () => {
  test("have the documented defaults", () => {
    expect(parseServeOptions(undefined, {})).toEqual({
      folder: undefined,
      listen: { host: "127.0.0.1", port: 8102 },
      state: undefined,
      users: undefined,
      digestUsers: undefined,
      realm: undefined,
      anonymous: false,
      tls: undefined,
      baseUrl: undefined,
      trustedProxies: [],
      front: undefined,
      interimMode: "measured",
      processingAfterMs: 20_000,
      processingEveryMs: 500,
      cors: [],
      acceptNewRoot: false,
      readOnly: false,
      page: true,
      trustHtml: false,
      operationsPath: undefined,
      maxOperations: 100,
      drainMs: 30_000,
      durability: "full",
      logLevel: "info",
    });
    expect(parseServeOptions("DIR", {}).processingEveryMs).toBe(15_000);
  });

  test("are read as they are typed", () => {
    const options = parseServeOptions("/srv", {
      listen: "[::1]:0",
      state: "/state",
      users: "/users",
      digestUsers: "/digest",
      realm: "My files",
      tlsCert: "c",
      tlsKey: "k",
      baseUrl: "https://files.example/",
      trustedProxy: ["10.0.0.0/8", "::1"],
      front: "haproxy",
      interim: "asked",
      processingAfter: "50ms",
      processingEvery: "1m",
      cors: ["*"],
      readOnly: true,
      page: true,
      operationsPath: "/jobs",
      maxOperations: "7",
      drain: "0s",
      logLevel: "debug",
    });
    expect(options).toMatchObject({
      folder: "/srv",
      listen: { host: "::1", port: 0 },
      realm: "My files",
      tls: { cert: "c", key: "k" },
      baseUrl: "https://files.example",
      front: "haproxy",
      interimMode: "asked",
      processingAfterMs: 50,
      processingEveryMs: 60_000,
      operationsPath: "/jobs/",
      maxOperations: 7,
      drainMs: 0,
      logLevel: "debug",
    });
    expect(options.trustedProxies.map((network) => network("10.9.9.9"))).toEqual([true, false]);
  });

  const wrong: readonly [TypedServeOptions, RegExp][] = [
    [{ listen: "8102" }, /^--listen takes/],
    [{ state: "" }, /^--state must not be empty/],
    [{ users: "" }, /^--users must not be empty/],
    [{ tlsCert: "c" }, /^--tls-cert needs --tls-key/],
    [{ tlsKey: "k" }, /^--tls-key needs --tls-cert/],
    [{ anonymous: true, users: "u" }, /^--anonymous lets everybody in/],
    [{ anonymous: true, digestUsers: "u" }, /^--anonymous lets everybody in/],
    [{ realm: "x" }, /^--realm needs/],
    [{ realm: 'a"b', users: "u" }, /^--realm takes printable ASCII/],
    [{ realm: "a:b", users: "u" }, /^--realm takes printable ASCII/],
    [{ realm: "a\r\nb", users: "u" }, /^--realm takes printable ASCII/],
    [{ realm: "", users: "u" }, /^--realm takes printable ASCII/],
    [{ front: "iis" }, /^--front must be one of .*nginx.*, not "iis"/],
    [{ front: "toString" }, /^--front must be one of/],
    [{ interim: "always" }, /^--interim must be one of measured, asked, standard, not "always"/],
    [{ processingAfter: "20" }, /^--processing-after takes a duration/],
    [{ processingEvery: "0s" }, /^--processing-every must be between/],
    [{ maxOperations: "0" }, /^--max-operations takes a number/],
    [{ maxOperations: "many" }, /^--max-operations takes a number/],
    [{ drain: "soon" }, /^--drain takes a duration/],
    [{ cors: ["https://ok.example", "x"] }, /^--cors takes an origin/],
    [{ trustedProxy: ["::1", "x"] }, /^--trusted-proxy takes an address/],
    [{ logLevel: "trace" }, /^--log-level must be one of/],
  ];
  test.each(wrong)("%j is refused with exit code 2", (typed, message) => {
    const parse = () => parseServeOptions("/srv", typed);
    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ name: CommandError.name, exitCode: 2 }));
  });

  test("an empty folder name is refused, not taken for the current folder", () => {
    expect(() => parseServeOptions("", {})).toThrow("DIR must not be empty");
  });
});
