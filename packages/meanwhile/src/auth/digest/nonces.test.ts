import { randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createNonces } from "./nonces.ts";

describe("nonces", () => {
  let nowMs = 1234.5;
  const nonces = createNonces(() => nowMs, randomBytes, randomBytes(32));

  test("tell when they were issued, and that they are ours", () => {
    nowMs = 1234.5;
    const nonce = nonces.issue();
    nowMs = 99_999;
    expect(nonces.originOf(nonce, "ann")).toEqual({ kind: "ours", issuedMs: 1234, proven: false });
  });

  test("issued to a user who proved himself are good for nobody else", () => {
    const nonce = nonces.issue("ann");
    expect(nonces.originOf(nonce, "ann")).toMatchObject({ kind: "ours", proven: true });
    expect(nonces.originOf(nonce, "bob")).toEqual({ kind: "foreign" });
    expect(nonces.originOf(nonce, "")).toEqual({ kind: "foreign" });
    expect(nonces.originOf(nonces.issue(), "")).toMatchObject({ proven: false });
  });

  test("differ each time, and need no quoting", () => {
    const issued = new Set(Array.from({ length: 100 }, () => nonces.issue()));
    expect(issued.size).toBe(100);
    for (const nonce of issued) expect(nonce).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  test("of another process, changed, cut or padded ones are foreign", () => {
    const nonce = nonces.issue();
    const other = createNonces(() => nowMs, randomBytes, randomBytes(32)).issue();
    const changed = [...nonce].map((character, index) => {
      const flipped = character === "A" ? "B" : "A";
      return nonce.slice(0, index) + flipped + nonce.slice(index + 1);
    });
    for (const foreign of [
      other,
      ...changed,
      nonce.slice(0, -1),
      `${nonce}A`,
      `${nonce}=`,
      "",
      "\u00ff",
      "A".repeat(9999),
    ]) {
      expect(nonces.originOf(foreign, "ann")).toEqual({ kind: "foreign" });
    }
  });
});
