import { expect, test } from "vitest";
import {
  formatUploadComplete,
  formatUploadLimit,
  parseUploadComplete,
  parseUploadLimit,
  parseUploadNumber,
} from "./upload.ts";

test("Upload-Complete is a Boolean, and all else is ignored", () => {
  expect(["?1", "?0", " ?1 ", "?1;a=1"].map(parseUploadComplete)).toEqual([true, false, true, true]);
  for (const value of [undefined, "", "1", "true", "?2", "?1, ?1", "(?1)", '"?1"']) {
    expect(parseUploadComplete(value)).toBeUndefined();
  }
  expect([formatUploadComplete(true), formatUploadComplete(false)]).toEqual(["?1", "?0"]);
});

test("offsets and lengths are Integers from 0 up, and all else is ignored", () => {
  expect(["0", "25000000", "999999999999999"].map(parseUploadNumber)).toEqual([0, 25000000, 999999999999999]);
  for (const value of [undefined, "", "-1", "1.0", "1.5", "1e3", "1000000000000000", "1, 1", "?1", "0x1"]) {
    expect(parseUploadNumber(value), String(value)).toBeUndefined();
  }
});

test("Upload-Limit is told and understood; unknown limits are passed over, and one of the wrong type counts for all", () => {
  expect(formatUploadLimit({})).toBe("min-size=0");
  expect(formatUploadLimit({ maxSize: 10, maxAge: 60 })).toBe("max-size=10, max-age=60");
  expect(parseUploadLimit("max-size=10, max-age=60, min-append-size=5, other=?1")).toEqual({
    maxSize: 10,
    maxAge: 60,
    minAppendSize: 5,
  });
  expect(parseUploadLimit("max-size=?1, max-age=60")).toBeUndefined();
  expect(parseUploadLimit("max-size=1.5")).toBeUndefined();
  expect(parseUploadLimit("Max Size")).toBeUndefined();
  expect(parseUploadLimit(undefined)).toBeUndefined();
});
