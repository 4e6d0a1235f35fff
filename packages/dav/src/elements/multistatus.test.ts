import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { davName, parseXml, type XmlElement } from "../xml/xml-reader.ts";
import {
  multistatus,
  multistatusEnd,
  multistatusStart,
  propertyElement,
  propertyResponse,
  statusResponse,
} from "./multistatus.ts";
import type { PropertyName } from "./property.ts";

const z = (local: string): PropertyName => ({ namespace: "http://ns.example.com/standards/z39.50/", local });

test("a multistatus can be written piece by piece (RFC 4918 §14.16)", () => {
  const responses = [statusResponse("/a", 423), statusResponse("/b", 403)];
  expect(multistatusStart + responses.join("") + multistatusEnd).toBe(multistatus(responses));
  const root = parseXml(multistatus(responses));
  expect(root.name).toEqual(davName("multistatus"));
  expect(root.children.map((response) => response.children[0]?.text)).toEqual(["/a", "/b"]);
});

test("says the same as the example of RFC 4918 §9.2.2", () => {
  const example = readFileSync(
    new URL("fixtures/rfc4918-9.2.2-proppatch-response.xml", import.meta.url),
    "utf8",
  );
  const ours = multistatus([
    propertyResponse("http://www.example.com/bar.html", [
      { status: 424, properties: [propertyElement(z("Authors"))] },
      { status: 409, properties: [propertyElement(z("Copyright-Owner"))] },
    ]),
  ]);
  const described = (element: XmlElement): boolean => element.name.local === "responsedescription";
  expect(shape(parseXml(ours))).toEqual(shape(parseXml(example), described));
});

describe("statusResponse (RFC 4918 §14.24)", () => {
  test("has href, status, error and description, in this order", () => {
    expect(
      statusResponse("/a&b", 423, {
        condition: { code: "lock-token-submitted", lockRoots: ["/a"] },
        description: "it is <locked>",
      }),
    ).toBe(
      "<D:response><D:href>/a&amp;b</D:href><D:status>HTTP/1.1 423 Locked</D:status>" +
        "<D:error><D:lock-token-submitted><D:href>/a</D:href></D:lock-token-submitted></D:error>" +
        "<D:responsedescription>it is &lt;locked&gt;</D:responsedescription></D:response>",
    );
  });

  test.each([
    [200, "OK"],
    [403, "Forbidden"],
    [404, "Not Found"],
    [412, "Precondition Failed"],
    [422, "Unprocessable Content"],
    [424, "Failed Dependency"],
    [500, "Internal Server Error"],
    [507, "Insufficient Storage"],
    [299, "OK"],
    [399, "Redirection"],
    [499, "Client Error"],
    [599, "Server Error"],
  ])("%i has the reason %s (RFC 4918 §14.28)", (status, reason) => {
    expect(statusResponse("/a", status)).toBe(
      `<D:response><D:href>/a</D:href><D:status>HTTP/1.1 ${status} ${reason}</D:status></D:response>`,
    );
  });
});

describe("propertyResponse (RFC 4918 §14.22)", () => {
  test("has a propstat for each status, with its condition", () => {
    expect(
      propertyResponse("/a", [
        { status: 200, properties: ["<D:x/>", "<D:y>1</D:y>"] },
        { status: 403, properties: ["<D:z/>"], condition: { code: "cannot-modify-protected-property" } },
      ]),
    ).toBe(
      "<D:response><D:href>/a</D:href>" +
        "<D:propstat><D:prop><D:x/><D:y>1</D:y></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>" +
        "<D:propstat><D:prop><D:z/></D:prop><D:status>HTTP/1.1 403 Forbidden</D:status>" +
        "<D:error><D:cannot-modify-protected-property/></D:error></D:propstat></D:response>",
    );
  });

  test("leaves out propstats without properties, but not the last (RFC 4918 §14.24, RFC 8144 §2.1)", () => {
    const empty = "<D:propstat><D:prop></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>";
    expect(propertyResponse("/a", [])).toBe(`<D:response><D:href>/a</D:href>${empty}</D:response>`);
    expect(propertyResponse("/a", [{ status: 404, properties: [] }])).toContain(empty);
    expect(
      propertyResponse("/a", [
        { status: 200, properties: ["<D:x/>"] },
        { status: 404, properties: [] },
      ]),
    ).not.toContain("404");
  });
});

describe("propertyElement", () => {
  test.each([
    [davName("getetag"), undefined, "<D:getetag/>"],
    [davName("getetag"), "", "<D:getetag></D:getetag>"],
    [davName("resourcetype"), "<D:collection/>", "<D:resourcetype><D:collection/></D:resourcetype>"],
    [{ namespace: "", local: "a" }, undefined, "<a/>"],
    [{ namespace: "", local: "a" }, "1", "<a>1</a>"],
    [{ namespace: "u:&<\"'", local: "a" }, undefined, '<N:a xmlns:N="u:&amp;&lt;&quot;&#39;"/>'],
    [{ namespace: "u:1", local: "a" }, "1", '<N:a xmlns:N="u:1">1</N:a>'],
  ])("%o with %j", (name, content, element) => {
    expect(propertyElement(name, content)).toBe(element);
  });

  test("is read with the name that it was written with, whatever the namespace", () => {
    const namespace = fc.string({ unit: "grapheme" }).filter((text) => {
      const reserved = ["http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/"];
      return text === text.trim() && !/[\0-\x1F\uFFFE\uFFFF]/.test(text) && !reserved.includes(text);
    });
    const local = fc.constantFrom("a", "\u00E9t\u00E9", "a-b.c", "_");
    fc.assert(
      fc.property(fc.oneof(namespace, fc.constantFrom("", "DAV:")), local, (uri, name) => {
        const document = multistatus([
          propertyResponse("/", [
            { status: 404, properties: [propertyElement({ namespace: uri, local: name })] },
          ]),
        ]);
        const prop = parseXml(document).children[0]?.children[1]?.children[0];
        expect(prop?.children.map((property) => property.name)).toEqual([{ namespace: uri, local: name }]);
      }),
    );
  });
});

/** Names and text without white space between elements. */
function shape(element: XmlElement, without: (element: XmlElement) => boolean = () => false): unknown {
  const children = element.children.filter((child) => !without(child)).map((child) => shape(child, without));
  return [element.name.namespace, element.name.local, children.length === 0 ? element.text : children];
}
