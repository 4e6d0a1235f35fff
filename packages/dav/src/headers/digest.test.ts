import { expect, test } from "vitest";
import { formatDigest, parseDigests, wantedDigest } from "./digest.ts";

const bytes = Uint8Array.of(1, 2, 3);

test("digests are read as they are written", () => {
  const value = formatDigest({ algorithm: "sha-256", bytes });
  expect(value).toBe("sha-256=:AQID:");
  expect(parseDigests("Repr-Digest", `md5=:AAAA:, ${value}`)).toEqual([{ algorithm: "sha-256", bytes }]);
  expect(parseDigests("Repr-Digest", undefined)).toEqual([]);
});

test("a malformed one is a 400, as is a known algorithm without bytes", () => {
  for (const value of ["", "sha-256", "sha-256=AQID", "sha-256=:AQID", ":AQID:"]) {
    expect(() => parseDigests("Repr-Digest", value), value).toThrow("Repr-Digest is malformed");
  }
});

test("of wishes the one that weighs most counts; 0 is none", () => {
  expect(wantedDigest("sha-256=1, sha-512=9")).toBe("sha-512");
  expect(wantedDigest("sha-512=0, sha-256=1, unixsum=10")).toBe("sha-256");
  for (const value of [undefined, "", "md5=10", "sha-256=0", "sha-256=="])
    expect(wantedDigest(value)).toBeUndefined();
});
