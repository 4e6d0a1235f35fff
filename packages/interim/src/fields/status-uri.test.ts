import { describe, expect, test } from "vitest";
import { formatStatusUri, parseStatusUri } from "./status-uri.ts";

describe("formatStatusUri", () => {
  test("writes one pair, a Status-Code and a Coded-URL (RFC 2518 §9.7)", () => {
    expect(formatStatusUri({ status: 423, uri: "http://host.example/a%20b" })).toBe(
      "423 <http://host.example/a%20b>",
    );
  });

  test.each([
    "/relative",
    "",
    "http:",
    "http://x/a b",
    "http://x/<",
    "http://x/>423 <http://x/",
    "http://x/é",
    "http://x/%",
    "http://x/\r\n",
    'http://x/"',
  ])("refuses %j as an absolute URI", (uri) => {
    expect(() => formatStatusUri({ status: 200, uri })).toThrow(TypeError);
  });

  test.each([102, 199, 600, 200.5, Number.NaN])("refuses the status %d (RFC 2518 §11)", (status) => {
    expect(() => formatStatusUri({ status, uri: "http://x/" })).toThrow(TypeError);
  });
});

describe("parseStatusUri", () => {
  const a = { status: 200, uri: "http://x/a" };
  const b = { status: 423, uri: "http://x/b" };

  test.each([
    ["one pair", "200 <http://x/a>", [a]],
    ["pairs with nothing between them (RFC 2518 §9.7)", "200 <http://x/a>423 <http://x/b>", [a, b]],
    ["pairs with commas (HTTP Progress draft)", "200 <http://x/a>, 423 <http://x/b>", [a, b]],
    ["pairs with spaces", "200 <http://x/a> 423  <http://x/b>", [a, b]],
    ["no space at all", "200<http://x/a>423<http://x/b>", [a, b]],
    ["empty list members", ",, 200 <http://x/a> ,", [a]],
    ["field lines of their own", ["200 <http://x/a>", "423 <http://x/b>"], [a, b]],
    ["a comma in a URI", "200 <http://x/a,b>", [{ status: 200, uri: "http://x/a,b" }]],
    ["a relative reference", "404 </a>", [{ status: 404, uri: "/a" }]],
    ["what is no pair, between pairs", "200 <http://x/a>, nonsense <u>, 423 <http://x/b>", [a, b]],
    ["a status of four digits, which is none", "1423 <http://x/b>, 200 <http://x/a>", [a]],
    ["an empty URI", "200 <>, 200 <http://x/a>", [a]],
    ["an open end", "200 <http://x/a>, 423 <http://x/b", [a]],
    ["nothing", "", []],
  ])("reads %s", (_, value, pairs) => {
    expect(parseStatusUri(value)).toEqual(pairs);
  });

  test("looks at 64 KiB at most, and takes no time over hostile ones", () => {
    expect(parseStatusUri("200 <http://x/a>".repeat(10_000))).toHaveLength(4096);
    // Reading that goes back would take minutes over these.
    for (const hostile of ["200 ", "200 <", "2", "<", "200 \t"]) parseStatusUri(hostile.repeat(1_000_000));
  });
});
