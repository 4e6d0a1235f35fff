import { expect, test } from "vitest";
import { createVerifiedCredentials, verifiedForMs } from "./verified-credentials.ts";

test("verified credentials are remembered for five minutes", () => {
  let nowMs = 0;
  const verified = createVerifiedCredentials(() => nowMs);
  verified.add("d", "ann");
  nowMs = verifiedForMs - 1;
  expect(verified.principalOf("d")).toBe("ann");
  nowMs = verifiedForMs;
  expect(verified.principalOf("d")).toBeUndefined();
  expect(verified.principalOf("other")).toBeUndefined();
});

test("only so many are remembered, and the oldest forgotten", () => {
  const verified = createVerifiedCredentials(() => 0, 2);
  for (const digest of ["a", "b", "a", "c"]) verified.add(digest, digest);
  expect(["a", "b", "c"].map((digest) => verified.principalOf(digest))).toEqual(["a", undefined, "c"]);
});
