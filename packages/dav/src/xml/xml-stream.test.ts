import { describe, expect, test } from "vitest";
import { DocumentError } from "../elements/document-error.ts";
import { XmlStream, type XmlStreamLimits } from "./xml-stream.ts";

/** The children of the root of a document that comes in these pieces. */
function children(pieces: readonly string[], limits: Partial<XmlStreamLimits> = {}) {
  const stream = new XmlStream(limits);
  return [...pieces.flatMap((piece) => stream.write(piece)), ...stream.end()];
}

describe("an XML stream refuses", () => {
  test.each([
    ["a document type", '<!DOCTYPE a [<!ENTITY x "y">]><a/>', "it has a document type declaration"],
    ["a document type of another place", '<!DOCTYPE a SYSTEM "http://x.example/a.dtd"><a/>', "document type"],
    ["what is not well-formed", "<a><b></a>", "it is not well-formed XML"],
    ["an empty document", " \n", "it is not well-formed XML"],
    ["a second root", "<a/><b/>", "it is not well-formed XML"],
  ])("%s", (_name, text, why) => {
    expect(() => children([text])).toThrow(DocumentError);
    expect(() => children([text])).toThrow(why);
  });

  test("what comes after its end, and after what it refused", () => {
    const ended = new XmlStream();
    ended.write("<a/>");
    ended.end();
    expect(() => ended.write("<b/>")).toThrow("nothing can follow its end");
    const refused = new XmlStream();
    expect(() => refused.write("<a></b>")).toThrow("not well-formed");
    expect(() => refused.write("<a>")).toThrow("nothing can follow its end");
  });

  test.each<[string, Partial<XmlStreamLimits>, fits: string, beyond: string, why: string]>([
    ["depth", { depth: 2 }, "<a><b/></a>", "<a><b><c/></b></a>", "it is nested too deeply"],
    ["attributes", { attributes: 1 }, '<a><b c="1"/></a>', '<a><b c="1" d="2"/></a>', "too many attributes"],
    [
      "namespaces",
      { namespaces: 1 },
      '<a xmlns="u"><b xmlns:c="v"/></a>',
      '<a><b xmlns:c="v" xmlns:d="w"/></a>',
      "too many namespaces",
    ],
    ["names of namespaces", { namespaceLength: 3 }, '<a xmlns="u:1"/>', '<a xmlns="u:12"/>', "too long"],
  ])("more than its limit of %s, and takes as much as that", (_name, limits, fits, beyond, why) => {
    expect(() => children([fits], limits)).not.toThrow();
    expect(() => children([beyond], limits)).toThrow(why);
  });

  test("an xml:lang of more than 256 characters", () => {
    const lang = (length: number) => `<a xml:lang="${"x".repeat(length)}"/>`;
    expect(() => children([lang(256)])).not.toThrow();
    expect(() => children([lang(257)])).toThrow("an xml:lang is too long");
  });
});

describe("an XML stream reads", () => {
  test("children as they end, wherever the pieces are cut", () => {
    const text = '<?xml version="1.1"?><a> x <b p="1">one &amp; <![CDATA[two]]></b> y <c/></a>';
    for (let at = 0; at <= text.length; at += 1) {
      const found = children([text.slice(0, at), text.slice(at)]);
      expect(found.map(({ name, text: own }) => [name.local, own])).toEqual([
        ["b", "one & two"],
        ["c", ""],
      ]);
    }
  });

  test("the root without its own text", () => {
    const stream = new XmlStream();
    stream.write('<a b="1">text<c/>more</a>');
    stream.end();
    expect(stream.root).toMatchObject({ name: { namespace: "", local: "a" }, text: "" });
  });
});
