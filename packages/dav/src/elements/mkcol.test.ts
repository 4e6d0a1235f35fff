import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { davName } from "../xml/xml-reader.ts";
import { mkcolResponse, parseExtendedMkcol } from "./mkcol.ts";
import { propertyElement } from "./multistatus.ts";
import { propertyChangeLimit } from "./proppatch.ts";

const mkcol = (content: string): string => `<D:mkcol xmlns:D="DAV:">${content}</D:mkcol>`;
const set = (content: string): string => `<D:set><D:prop>${content}</D:prop></D:set>`;

describe("parseExtendedMkcol", () => {
  test("reads the example of RFC 5689 §3.4", () => {
    const text = readFileSync(new URL("fixtures/rfc5689-3.4-mkcol-request.xml", import.meta.url), "utf8");
    expect(parseExtendedMkcol(text)).toEqual({
      resourceTypes: [
        davName("collection"),
        { namespace: "http://example.com/ns/", local: "special-resource" },
      ],
      changes: [
        {
          action: "set",
          property: {
            name: davName("displayname"),
            xml: '<D:displayname xmlns:D="DAV:">Special Resource</D:displayname>',
          },
        },
      ],
    });
  });

  test.each([
    [set("<D:resourcetype/>"), []],
    [set("<D:a/>"), undefined],
    [set("<D:a/>") + set("<D:resourcetype><D:collection/></D:resourcetype>"), [davName("collection")]],
    [`<x/>${set("<D:resourcetype><D:collection/></D:resourcetype>")}`, [davName("collection")]],
    [set("<resourcetype/>"), undefined],
  ])("%s has the resource types %j (RFC 5689 §3)", (content, resourceTypes) => {
    expect(parseExtendedMkcol(mkcol(content)).resourceTypes).toEqual(resourceTypes);
  });

  test.each(["<mkcol/>", "<a/>", '<D:propertyupdate xmlns:D="DAV:"/>', '<C:mkcalendar xmlns:C="urn:c"/>'])(
    "%s is a body that MKCOL does not know: 415 (RFC 4918 §9.3)",
    (text) => {
      expect(() => parseExtendedMkcol(text)).toThrow(expect.objectContaining({ status: 415 }));
    },
  );

  test.each([
    "",
    "not XML",
    mkcol(""),
    mkcol("<D:set/>"),
    mkcol("<D:remove><D:prop/></D:remove>"),
    "<D:mkcol",
  ])("%j is refused with 400 (RFC 5689 §5.1)", (text) => {
    expect(() => parseExtendedMkcol(text)).toThrow(expect.objectContaining({ status: 400 }));
  });

  test("sets as many properties as the limit says, and not one more", () => {
    const most = "<D:a/>".repeat(propertyChangeLimit);
    expect(parseExtendedMkcol(mkcol(set(most))).changes).toHaveLength(propertyChangeLimit);
    expect(() => parseExtendedMkcol(mkcol(set(`${most}<D:a/>`)))).toThrow(
      expect.objectContaining({ status: 413 }),
    );
  });
});

test("mkcolResponse tells what became of each property (RFC 5689 §5.2)", () => {
  expect(
    mkcolResponse([
      {
        status: 403,
        properties: [propertyElement(davName("resourcetype"))],
        condition: { code: "valid-resourcetype" },
      },
      { status: 424, properties: [propertyElement(davName("displayname"))] },
    ]),
  ).toBe(
    '<?xml version="1.0" encoding="utf-8"?>\n<D:mkcol-response xmlns:D="DAV:">' +
      "<D:propstat><D:prop><D:resourcetype/></D:prop><D:status>HTTP/1.1 403 Forbidden</D:status>" +
      "<D:error><D:valid-resourcetype/></D:error></D:propstat>" +
      "<D:propstat><D:prop><D:displayname/></D:prop><D:status>HTTP/1.1 424 Failed Dependency</D:status></D:propstat>" +
      "</D:mkcol-response>",
  );
});
