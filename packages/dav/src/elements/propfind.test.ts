import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { davName } from "../xml/xml-reader.ts";
import { parsePropfind, propfindNameLimit } from "./propfind.ts";

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8");
const propfind = (content: string): string => `<D:propfind xmlns:D="DAV:">${content}</D:propfind>`;
const box = (local: string) => ({ namespace: "http://ns.example.com/boxschema/", local });

describe("parsePropfind", () => {
  test("an empty body asks for all properties (RFC 4918 §9.1)", () => {
    expect(parsePropfind("")).toEqual({ kind: "allprop", include: [] });
  });

  test.each([
    [
      "rfc4918-9.1.3-propfind-prop.xml",
      { kind: "prop", names: [box("bigbox"), box("author"), box("DingALing"), box("Random")] },
    ],
    ["rfc4918-9.1.4-propfind-propname.xml", { kind: "propname" }],
    ["rfc4918-9.1.5-propfind-allprop.xml", { kind: "allprop", include: [] }],
    [
      "rfc4918-9.1.6-propfind-include.xml",
      { kind: "allprop", include: [davName("supported-live-property-set"), davName("supported-report-set")] },
    ],
  ])("%s", (name, request) => {
    expect(parsePropfind(fixture(name))).toEqual(request);
  });

  test.each([
    ["<D:x/><D:propname/><y xmlns='u:1'><D:prop/></y>", { kind: "propname" }],
    ["<D:include><D:a/></D:include><D:allprop/>", { kind: "allprop", include: [davName("a")] }],
    ["<D:prop/>", { kind: "prop", names: [] }],
    ["<prop/><D:allprop/>", { kind: "allprop", include: [] }],
    [
      "<D:prop><D:a/><a/><a xmlns='u:1'/><D:a>again</D:a></D:prop>",
      {
        kind: "prop",
        names: [davName("a"), { namespace: "", local: "a" }, { namespace: "u:1", local: "a" }],
      },
    ],
  ])("%s: elements that nobody knows are passed over (RFC 4918 §17)", (content, request) => {
    expect(parsePropfind(propfind(content))).toEqual(request);
  });

  test.each([
    "",
    "<D:x/>",
    "<D:include><D:a/></D:include>",
    "<D:prop/><D:propname/>",
    "<D:allprop/><D:propname/>",
    "<D:allprop/><D:prop/>",
    "<D:prop/><D:prop/>",
    "<D:prop/><D:include/>",
    "<D:propname/><D:include/>",
    "<prop/>",
  ])("a DAV:propfind with %j is refused with 400 (RFC 4918 §14.20, A.3, A.4)", (content) => {
    expect(() => parsePropfind(propfind(content))).toThrow(expect.objectContaining({ status: 400 }));
  });

  test.each([
    " ",
    "<propfind><prop/></propfind>",
    "<D:prop xmlns:D='DAV:'/>",
    '<D:propupdate xmlns:D="DAV:"><D:prop><D:a/></D:prop></D:propupdate>',
    '<D:propfind xmlns:D="DAV:"><D:prop>',
    '<D:propfind xmlns:D="DAV:"><D:prop><bar:foo xmlns:bar=""/></D:prop></D:propfind>',
  ])("the body %j is refused with 400", (text) => {
    expect(() => parsePropfind(text)).toThrow(expect.objectContaining({ status: 400 }));
  });

  test("names as many properties as the limit says, and not one more", () => {
    const names = (count: number): string =>
      propfind(`<D:prop>${Array.from({ length: count }, (_, index) => `<D:a${index}/>`).join("")}</D:prop>`);
    expect(parsePropfind(names(propfindNameLimit))).toMatchObject({ kind: "prop" });
    expect(() => parsePropfind(names(propfindNameLimit + 1))).toThrow(
      expect.objectContaining({ status: 413 }),
    );
  });
});

test("the same body is read alike again, and others do not change that", () => {
  const body = (name: string): string =>
    `<D:propfind xmlns:D="DAV:"><D:prop><D:${name}/></D:prop></D:propfind>`;
  const expected = { kind: "prop", names: [{ namespace: "DAV:", local: "getetag" }] };
  expect(parsePropfind(body("getetag"))).toEqual(expected);
  for (let number = 0; number < 300; number += 1) {
    expect(parsePropfind(body(`p${number}`))).toMatchObject({ names: [{ local: `p${number}` }] });
  }
  expect(parsePropfind(body("getetag"))).toEqual(expected);
  expect(() => parsePropfind("<no")).toThrow();
  expect(() => parsePropfind("<no")).toThrow();
});
