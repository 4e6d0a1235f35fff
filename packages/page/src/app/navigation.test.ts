import { expect, test } from "vitest";
import { folderAbove, folderPath, stepsTo } from "./navigation.ts";

test("the steps to a folder have the names that people gave them", () => {
  expect(stepsTo("/dav/a%20b/%C3%A9/%FF/", "/dav/")).toEqual([
    { name: "a b", path: "/dav/a%20b/" },
    { name: "é", path: "/dav/a%20b/%C3%A9/" },
    { name: "%FF", path: "/dav/a%20b/%C3%A9/%FF/" },
  ]);
  expect(stepsTo("/dav/", "/dav/")).toEqual([]);
});

test("there is nothing above the root", () => {
  expect(folderAbove("/dav/a/b/", "/dav/")).toBe("/dav/a/");
  expect(folderAbove("/dav/a/", "/dav/")).toBe("/dav/");
  expect(folderAbove("/dav/", "/dav/")).toBeUndefined();
});

test("a folder's path ends in a slash, whatever the address says", () => {
  expect(folderPath({ pathname: "/dav/a" })).toBe("/dav/a/");
  expect(folderPath({ pathname: "/dav/a/" })).toBe("/dav/a/");
});
