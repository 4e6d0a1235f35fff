import { afterAll, beforeAll, expect, test } from "vitest";
import { parseDate } from "./received-resource.ts";

const zone = process.env["TZ"];
beforeAll(() => {
  process.env["TZ"] = "Asia/Tokyo";
});
afterAll(() => {
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
});

test.each<[string, string | undefined]>([
  ["Thu, 15 Jan 2026 12:00:00 GMT", "2026-01-15T12:00:00.000Z"],
  ["Thursday, 15-Jan-26 12:00:00 GMT", "2026-01-15T12:00:00.000Z"],
  ["Thu, 15 Jan 2026 12:00:00 +0100", "2026-01-15T11:00:00.000Z"],
  ["Thu, 01 Jan 2026 00:30:00 +0100", "2025-12-31T23:30:00.000Z"],
  ["2026-01-15T12:00:00Z", "2026-01-15T12:00:00.000Z"],
  ["2026-01-15T12:00:00.123+01:00", "2026-01-15T11:00:00.123Z"],
  ["Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00.000Z"],
  // Without a zone they are in UTC, whatever the zone of this machine.
  ["Thu Jan 15 12:00:00 2026", "2026-01-15T12:00:00.000Z"],
  ["Thu, 15 Jan 2026 12:00:00", "2026-01-15T12:00:00.000Z"],
  ["2026-01-15T12:00:00", "2026-01-15T12:00:00.000Z"],
  ["2026-01-15 12:00:00", "2026-01-15T12:00:00.000Z"],
  ["2026-01-15", "2026-01-15T00:00:00.000Z"],
  ["Mon, 01 Jan 2001 00:00:00 GMT", "2001-01-01T00:00:00.000Z"],
  // The zero times of Go and .NET, of Windows, and others like them.
  ["Mon, 01 Jan 0001 00:00:00 GMT", undefined],
  ["Monday, 01-Jan-0001 00:00:00 GMT", undefined],
  ["0001-01-01T00:00:00Z", undefined],
  ["Mon, 01 Jan 1601 00:00:00 GMT", undefined],
  ["Sat, 01 Jan 0000 00:00:00 GMT", undefined],
  ["0000-00-00T00:00:00Z", undefined],
  ["Wed, 31 Dec 0070 23:59:59 GMT", undefined],
  ["Fri, 31 Dec 9999 23:59:59 GMT", undefined],
  ["Thu, 15 Jan 20261 12:00:00 GMT", undefined],
  ["+275760-09-13T00:00:00Z", undefined],
  ["yesterday", undefined],
  ["", undefined],
])("the date %j is %s", (text, date) => {
  expect(parseDate(text)?.toISOString()).toBe(date);
});
