import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chosenKeyName, fingerprintOf, impliedKeyName, type RepeatableRequest } from "./repetition.ts";

const request: RepeatableRequest = {
  method: "COPY",
  target: "http://files.example/a",
  headers: { destination: "/b", overwrite: "F", "user-agent": "x" },
  principal: "ann",
  address: "192.0.2.1",
};
const uuid = "8e03978e-40d5-43dd-bc93-6894a57f9324";
const keyed = (key: string, principal?: string) => ({
  ...request,
  principal,
  headers: { "idempotency-key": key },
});

describe("the fingerprint", () => {
  const differing: readonly [string, Partial<RepeatableRequest>, string][] = [
    ["method", { method: "MOVE" }, "digest"],
    ["target", { target: "http://files.example/a/" }, "digest"],
    ["content", {}, "other"],
    ["an added field that matters", { headers: { ...request.headers, "if-match": '"x"' } }, "digest"],
    ["a missing field that matters", { headers: { destination: "/b" } }, "digest"],
    ["a changed field that matters", { headers: { ...request.headers, destination: "/c" } }, "digest"],
  ];
  test.each(differing)("differs with the %s", (_what, change, digest) => {
    expect(fingerprintOf({ ...request, ...change }, digest)).not.toBe(fingerprintOf(request, "digest"));
  });

  test("does not depend on other fields, their order, the principal or the address", () => {
    const headers = { "user-agent": "y", overwrite: "F", cookie: "a=b", destination: "/b" };
    const same = { ...request, headers, principal: "bob", address: "192.0.2.2" };
    expect(fingerprintOf(same, "digest")).toBe(fingerprintOf(request, "digest"));
  });

  test("tells fields apart, however their values look", () => {
    const field = fc.constantFrom("if", "depth", "destination", "overwrite", "if-match");
    const value = fc.string({ maxLength: 8, unit: fc.constantFrom("a", ":", " ", "1", "\n", ",") });
    const headers = fc.dictionary(field, value, { maxKeys: 3 });
    fc.assert(
      fc.property(headers, headers, (one, other) => {
        const equal =
          JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
        const print = (fields: Record<string, string>) => fingerprintOf({ ...request, headers: fields }, "d");
        expect(print(one) === print(other)).toBe(equal);
      }),
    );
  });
});

describe("the name of a key", () => {
  test("is the client's key and its principal, and no more", () => {
    expect(chosenKeyName(keyed("k", "ann"))).toBe(chosenKeyName(keyed('"k"', "ann")));
    expect(chosenKeyName(keyed("k", "ann"))).not.toBe(chosenKeyName(keyed("k", "bob")));
    expect(chosenKeyName(keyed("k", "ann"))).not.toBe(chosenKeyName(keyed("K", "ann")));
    expect(chosenKeyName(keyed(uuid, "anonymous"))).not.toBe(chosenKeyName(keyed(uuid)));
    const elsewhere: RepeatableRequest = { ...keyed("k", "ann"), method: "PUT", target: "x" };
    expect(chosenKeyName(elsewhere)).toBe(chosenKeyName(keyed("k", "ann")));
  });

  test.each([
    [uuid, true],
    [uuid.toUpperCase(), true],
    ["0123456789abcdefghijkl", true],
    ["0123456789abcdefghijk", false],
    ["ababababababababababababababababab", false],
    ["1", false],
  ])("of an anonymous client counts only as hard to guess as a UUID: %s", (key, counts) => {
    expect(chosenKeyName(keyed(key)) !== undefined).toBe(counts);
  });

  test("without a key is the principal and the fingerprint; for anonymous clients the address, too", () => {
    const name = (change: Partial<RepeatableRequest>) => impliedKeyName({ ...request, ...change }, "print");
    expect(name({ address: "192.0.2.2" })).toBe(name({}));
    expect(name({ principal: "bob" })).not.toBe(name({}));
    expect(name({ principal: undefined })).not.toBe(name({ principal: undefined, address: "192.0.2.2" }));
    expect(name({ principal: "192.0.2.1" })).not.toBe(name({ principal: undefined }));
    expect(impliedKeyName(request, "other")).not.toBe(name({}));
  });

  test("no two parts run together: a principal that looks like a part of a key", () => {
    const words = fc.string({ minLength: 1, maxLength: 4, unit: fc.constantFrom("a", "1", "2", ":", "-") });
    fc.assert(
      fc.property(words, words, words, words, (who, key, otherWho, otherKey) => {
        const same = who === otherWho && key === otherKey;
        expect(
          chosenKeyName(keyed(`"${key}"`, who)) === chosenKeyName(keyed(`"${otherKey}"`, otherWho)),
        ).toBe(same);
      }),
    );
  });
});
