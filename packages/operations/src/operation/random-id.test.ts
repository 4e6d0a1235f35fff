import { expect, test } from "vitest";
import { randomId } from "./random-id.ts";

test("ids have 128 bits, and none comes twice", () => {
  const ids = Array.from({ length: 1000 }, randomId);
  expect(new Set(ids).size).toBe(1000);
  for (const id of ids) expect(Buffer.from(id, "base64url")).toHaveLength(16);
});
