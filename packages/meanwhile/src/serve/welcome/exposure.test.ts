import { describe, expect, test } from "vitest";
import { parseServeOptions, type TypedServeOptions } from "../../options/serve-options.ts";
import { checkExposure } from "./exposure.ts";

const check = (typed: TypedServeOptions, addresses: readonly string[]) =>
  checkExposure(parseServeOptions("/srv", typed), async () => addresses);

const tls = { tlsCert: "c", tlsKey: "k" };

describe("what may be listened on", () => {
  const allowed: readonly [string, TypedServeOptions, readonly string[]][] = [
    ["loopback without users", {}, ["127.0.0.1"]],
    ["a name that is loopback only", {}, ["127.0.0.1", "::1"]],
    ["loopback with Basic", { users: "u" }, ["::1"]],
    ["everywhere, anonymous by wish", { anonymous: true }, ["0.0.0.0"]],
    ["everywhere with Digest", { digestUsers: "u" }, ["0.0.0.0"]],
    ["everywhere with both", { digestUsers: "u", users: "u" }, ["::"]],
    ["everywhere with Basic over TLS", { users: "u", ...tls }, ["0.0.0.0"]],
    ["a network with Basic behind a trusted proxy", { users: "u", trustedProxy: ["10.0.0.1"] }, ["10.0.0.2"]],
    [
      "a network with Basic where clients see https",
      { users: "u", baseUrl: "https://f.example" },
      ["10.0.0.2"],
    ],
  ];
  test.each(allowed)("%s", async (_name, typed, addresses) => {
    await expect(check(typed, addresses)).resolves.toBeUndefined();
  });

  const refused: readonly [string, TypedServeOptions, readonly string[], RegExp][] = [
    ["everywhere without users", {}, ["0.0.0.0"], /--anonymous/],
    ["everywhere without users over TLS", tls, ["::"], /--anonymous/],
    ["a name that is more than loopback", {}, ["127.0.0.1", "192.0.2.1"], /--anonymous/],
    ["a name that is nothing", {}, [], /--anonymous/],
    ["everywhere with Basic in clear", { users: "u" }, ["0.0.0.0"], /passwords in clear/],
    [
      "Basic in clear by base URL",
      { users: "u", baseUrl: "http://f.example" },
      ["10.0.0.2"],
      /passwords in clear/,
    ],
  ];
  test.each(refused)("not %s", async (_name, typed, addresses, message) => {
    await expect(check(typed, addresses)).rejects.toThrow(message);
    await expect(check(typed, addresses)).rejects.toMatchObject({ exitCode: 2 });
  });
});

test("a host that is not there is said to be so", async () => {
  const options = parseServeOptions("/srv", { listen: "nowhere.invalid:0" });
  await expect(checkExposure(options)).rejects.toThrow("cannot listen on nowhere.invalid: no such host");
});
