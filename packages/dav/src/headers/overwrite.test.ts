import { expect, test } from "vitest";
import { parseOverwrite } from "./overwrite.ts";

test.each([
  [undefined, true],
  ["T", true],
  ["F", false],
  ["t", true],
  [" f ", false],
])("Overwrite %j means %s (RFC 4918 §10.6)", (value, overwrite) => {
  expect(parseOverwrite(value)).toBe(overwrite);
});

test.each(["", "true", "TF", "T, F", "0", "no"])(
  "Overwrite %j is refused with 400 (RFC 4918 §10.6)",
  (value) => {
    expect(() => parseOverwrite(value)).toThrow(expect.objectContaining({ status: 400 }));
  },
);
