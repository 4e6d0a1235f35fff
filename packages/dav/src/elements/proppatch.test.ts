import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { davName } from "../xml/xml-reader.ts";
import { parsePropertyUpdate, propertyChangeLimit } from "./proppatch.ts";

const update = (content: string, attributes = ""): string =>
  `<D:propertyupdate xmlns:D="DAV:"${attributes}>${content}</D:propertyupdate>`;
const set = (content: string): string => `<D:set><D:prop>${content}</D:prop></D:set>`;
const remove = (content: string): string => `<D:remove><D:prop>${content}</D:prop></D:remove>`;

describe("parsePropertyUpdate", () => {
  test("reads the example of RFC 4918 §9.2.2", () => {
    const text = readFileSync(new URL("fixtures/rfc4918-9.2.2-proppatch.xml", import.meta.url), "utf8");
    const namespace = "http://ns.example.com/standards/z39.50/";
    expect(parsePropertyUpdate(text)).toEqual([
      {
        action: "set",
        property: {
          name: { namespace, local: "Authors" },
          xml:
            `<Z:Authors xmlns:Z="${namespace}">\n        <Z:Author>Jim Whitehead</Z:Author>\n` +
            "        <Z:Author>Roy Fielding</Z:Author>\n      </Z:Authors>",
        },
      },
      { action: "remove", name: { namespace, local: "Copyright-Owner" } },
    ]);
  });

  test("keeps document order across instructions, and repetitions (RFC 4918 §9.2)", () => {
    const changes = parsePropertyUpdate(
      update(set("<D:a/><D:b/>") + remove("<D:a/>") + set("<D:a>1</D:a>") + remove("<D:c>x</D:c><D:d/>")),
    );
    expect(
      changes.map((change) => [
        change.action,
        "name" in change ? change.name.local : change.property.name.local,
      ]),
    ).toEqual([
      ["set", "a"],
      ["set", "b"],
      ["remove", "a"],
      ["set", "a"],
      ["remove", "c"],
      ["remove", "d"],
    ]);
  });

  test.each([
    [update(set("<D:a/>"), ' xml:lang="en"'), '<D:a xmlns:D="DAV:" xml:lang="en"/>'],
    [
      update('<D:set xml:lang="de"><D:prop><D:a/></D:prop></D:set>', ' xml:lang="en"'),
      '<D:a xmlns:D="DAV:" xml:lang="de"/>',
    ],
    [update('<D:set><D:prop xml:lang="fr"><D:a/></D:prop></D:set>'), '<D:a xmlns:D="DAV:" xml:lang="fr"/>'],
    [
      update('<D:set><D:prop xml:lang="fr"><D:a xml:lang="it"/></D:prop></D:set>'),
      '<D:a xmlns:D="DAV:" xml:lang="it"/>',
    ],
  ])("%s: the property keeps the xml:lang in its scope (RFC 4918 §4.3, §14.26)", (text, xml) => {
    expect(parsePropertyUpdate(text)).toEqual([{ action: "set", property: { name: davName("a"), xml } }]);
  });

  test("keeps properties without a namespace apart from others", () => {
    expect(parsePropertyUpdate(update(set('<a/><a xmlns="u:1"/>')))).toEqual([
      { action: "set", property: { name: { namespace: "", local: "a" }, xml: "<a/>" } },
      { action: "set", property: { name: { namespace: "u:1", local: "a" }, xml: '<a xmlns="u:1"/>' } },
    ]);
  });

  test("passes over elements that nobody knows (RFC 4918 §17)", () => {
    expect(
      parsePropertyUpdate(
        update(`<x/><D:y><D:prop><D:b/></D:prop></D:y>${remove("<D:a/>")}<set><D:prop/></set>`),
      ),
    ).toEqual([{ action: "remove", name: davName("a") }]);
  });

  test.each([
    "",
    "<propertyupdate/>",
    "<D:prop xmlns:D='DAV:'/>",
    update(""),
    update("<set/>"),
    update("<D:prop><D:a/></D:prop>"),
    update("<D:set/>"),
    update("<D:set><D:a/></D:set>"),
    update("<D:set><D:prop/><D:prop/></D:set>"),
    update(`${set("<D:a/>")}<D:remove/>`),
    update("<D:set>"),
  ])("%j is refused with 400 (RFC 4918 §14.19)", (text) => {
    expect(() => parsePropertyUpdate(text)).toThrow(expect.objectContaining({ status: 400 }));
  });

  test("changes as many properties as the limit says, and not one more", () => {
    const most = "<D:a/>".repeat(propertyChangeLimit);
    expect(parsePropertyUpdate(update(set(most)))).toHaveLength(propertyChangeLimit);
    expect(() => parsePropertyUpdate(update(set(most) + remove("<D:a/>")))).toThrow(
      expect.objectContaining({ status: 413 }),
    );
  });
});
