import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { digestResponse } from "./digest-response.ts";

describe("the Digest response (RFC 7616 §3.9.1)", () => {
  test.each([
    ["MD5", "md5", "8ca523f5e9506fed4657c9700eebdbec"],
    ["SHA-256", "sha256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
  ] as const)("%s", (algorithm, hash, response) => {
    const hashedSecret = createHash(hash).update("Mufasa:http-auth@example.org:Circle of Life").digest("hex");
    expect(
      digestResponse({
        algorithm,
        hashedSecret,
        method: "GET",
        uri: "/dir/index.html",
        nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        nonceCount: "00000001",
        clientNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
      }),
    ).toBe(response);
  });
});
