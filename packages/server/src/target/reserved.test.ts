import { parsePath } from "@meanwhile/dav";
import { expect, test } from "vitest";
import { reservedPaths } from "./reserved.ts";

const spellings: readonly [url: string, has: boolean, rest: string | undefined][] = [
  ["/.meanwhile/operations/", true, ""],
  ["/.meanwhile/operations", true, ""],
  ["/.meanwhile/operations/ID", true, "ID"],
  ["/.meanwhile/operations/ID/outcome", true, "ID/outcome"],
  ["/%2emeanwhile/operations/ID", true, "ID"],
  ["/%2E%6deanwhile%2Foperations", false, undefined],
  ["//.meanwhile///operations//ID//", true, "ID"],
  ["/.meanwhile/%6Fperations/ID", true, "ID"],
  ["/.meanwhile", true, undefined],
  ["/.meanwhile/", true, undefined],
  ["/.meanwhile/other", false, undefined],
  ["/.meanwhile/operationsx", false, undefined],
  ["/.Meanwhile/operations", false, undefined],
  ["/.meanwhile/operations/principals/ann", true, "principals/ann"],
  ["/x/.meanwhile/operations", false, undefined],
  ["/", false, undefined],
];
test.each(spellings)("%s is reserved: %s", (url, has, rest) => {
  const reserved = reservedPaths();
  if (url.toLowerCase().includes("%2f")) {
    // A slash that hides is no path at all, so it leads nowhere.
    expect(() => parsePath(url)).toThrow(expect.objectContaining({ status: 400 }));
    return;
  }
  expect(reserved.has(parsePath(url))).toBe(has);
  expect(reserved.restOf(parsePath(url))).toBe(rest);
});

test("another place may be reserved", () => {
  const reserved = reservedPaths("/_/a%20b/");
  expect(reserved.collection).toBe("/_/a b");
  expect(reserved.has(parsePath("/_"))).toBe(true);
  expect(reserved.has(parsePath("/.meanwhile/operations"))).toBe(false);
});

test.each(["", "/", "//", "operations", "/../x", "/%ff/"])(
  "%j is refused as a place for operations",
  (path) => {
    expect(() => reservedPaths(path)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_OPERATIONS_PATH" }),
    );
  },
);
