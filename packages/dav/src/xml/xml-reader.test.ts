import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PropertyName } from "../elements/property.ts";
import { DavError } from "../error.ts";
import {
  childrenNamed,
  davName,
  defaultXmlLimits,
  isNamed,
  parseXml,
  type XmlElement,
} from "./xml-reader.ts";

describe("parseXml", () => {
  test("gives names in their namespaces, attributes, own text and children in order", () => {
    const root = parseXml(
      '<?xml version="1.0" encoding="UTF-8"?>\n<!-- before --><a xmlns="u:1" xmlns:p="u:2" p:x="1" y="&lt;2&gt;">one' +
        "<p:b/>&amp;<![CDATA[<two>]]><!-- no --><?no no?><c xmlns=''/>&#x33;</a>\n<!-- after -->\n",
    );
    expect(root.name).toEqual({ namespace: "u:1", local: "a" });
    expect(root.attributes).toEqual([
      { name: { namespace: "u:2", local: "x" }, value: "1" },
      { name: { namespace: "", local: "y" }, value: "<2>" },
    ]);
    expect(root.text).toBe("one&<two>3");
    expect(root.children.map(({ name }) => name)).toEqual([
      { namespace: "u:2", local: "b" },
      { namespace: "", local: "c" },
    ]);
  });

  test("reads a document that begins with a byte order mark, or has CR LF in its tags", () => {
    const root = parseXml('\uFEFF<?xml version="1.0"?>\r\n<a\r\n  b="1"\r\n><c\r\n/></a\r\n>');
    expect(root.children[0]?.xml).toBe("<c\r\n/>");
    expect(root.xml).toBe('<a\r\n  b="1"\r\n><c\r\n/></a\r\n>');
  });

  test.each(["\n", "\r\n \t", "  "])("bears %j before the XML declaration", (space) => {
    const root = parseXml(`${space}<?xml version="1.0"?><a><b/></a>`);
    expect(root.children[0]?.xml).toBe("<b/>");
  });

  test.each([
    "x<?xml version='1.0'?><a/>",
    "<!-- c --><?xml version='1.0'?><a/>",
    "\u00A0<?xml version='1.0'?><a/>",
  ])("does not bear anything else there: %s", (text) =>
    expect(() => parseXml(text)).toThrow(expect.objectContaining({ status: 400 })),
  );

  test("finds children by name, and tells names apart by namespace (RFC 4918 §4.4)", () => {
    const root = parseXml(
      '<D:a xmlns:D="DAV:" xmlns:E="DAV"><D:b>1</D:b><E:b>2</E:b><b>3</b><D:b>4</D:b></D:a>',
    );
    expect(isNamed(root, davName("a"))).toBe(true);
    expect(isNamed(root, davName("b"))).toBe(false);
    expect(childrenNamed(root, davName("b")).map(({ text }) => text)).toEqual(["1", "4"]);
  });

  test("knows the xml:lang in scope (RFC 4918 §4.3)", () => {
    const root = parseXml('<a><b xml:lang="de"><c/><d xml:lang="fr"/><e xml:lang=""><f/></e></b></a>');
    const b = root.children[0];
    expect(root.lang).toBeUndefined();
    expect(b?.lang).toBe("de");
    expect(b?.children.map(({ lang }) => lang)).toEqual(["de", "fr", undefined]);
    expect(b?.children[2]?.children[0]?.lang).toBeUndefined();
  });

  test("reads version 1.1 as 1.0, which is what our documents are", () => {
    expect(parseXml('<?xml version="1.1"?><a>1</a>').text).toBe("1");
    expect(() => parseXml('<?xml version="1.1"?><a>&#1;</a>')).toThrow(
      expect.objectContaining({ status: 400 }),
    );
  });

  test.each(["UTF-8", "utf8", "UTF-16", "us-ascii"])("accepts encoding %s", (encoding) => {
    expect(parseXml(`<?xml version="1.0" encoding="${encoding}"?><a/>`).name.local).toBe("a");
  });
});

describe("XmlElement.xml", () => {
  const first = (document: string): string | undefined => parseXml(document).children[0]?.xml;

  test("keeps references, comments, CDATA, instructions, white space, quotes and prefixes (RFC 4918 §4.3)", () => {
    const verbatim =
      "<p:b xmlns:p = 'u:&amp;2'\n\tq=\"it's\" r='&#xe9;&quot;'  >\r\n&#65; <!-- <c> --><![CDATA[</p:b>]]><?i <x>?> <c  /> </p:b >";
    expect(first(`<a>${verbatim}</a>`)).toBe(verbatim);
  });

  test("has the namespace declarations that its prefixes inherited, from the nearest ancestor", () => {
    const document =
      '<D:a xmlns:D="DAV:" xmlns:p="u:1" xmlns:q="u:q" xmlns:r="u:r"><D:x xmlns:p="u:2"><p:b r:c="1"/></D:x></D:a>';
    expect(parseXml(document).children[0]?.children[0]?.xml).toBe(
      '<p:b xmlns:p="u:2" xmlns:r="u:r" r:c="1"/>',
    );
  });

  test("does not declare again what it declares itself", () => {
    expect(first('<a xmlns="u:0" xmlns:p="u:1"><p:b xmlns="" xmlns:p="u:2"/></a>')).toBe(
      '<p:b xmlns="" xmlns:p="u:2"/>',
    );
  });

  test("has the default namespace, also for what is named in its text", () => {
    expect(first('<a xmlns="u:0"><b/></a>')).toBe('<b xmlns="u:0"/>');
    expect(first('<a xmlns="u:0"><x xmlns=""><b/></x></a>')).toBe('<x xmlns=""><b/></x>');
    expect(parseXml('<a xmlns="u:0"><x xmlns=""><b/></x></a>').children[0]?.children[0]?.xml).toBe("<b/>");
  });

  test("keeps the prefixes of names in its content (QNames)", () => {
    expect(first('<a xmlns:xs="u:xs"><b type="xs:string">xs:int</b></a>')).toBe(
      '<b xmlns:xs="u:xs" type="xs:string">xs:int</b>',
    );
  });

  test("has the xml:lang that it inherited, and only then (RFC 4918 §4.3)", () => {
    expect(first('<a xml:lang="en"><b/></a>')).toBe('<b xml:lang="en"/>');
    expect(first('<a xml:lang="en"><b xml:lang="de"/></a>')).toBe('<b xml:lang="de"/>');
    expect(first('<a xml:lang="en"><b xml:lang=""/></a>')).toBe('<b xml:lang=""/>');
    expect(first("<a><b/></a>")).toBe("<b/>");
  });

  test("escapes what it adds", () => {
    expect(first(`<a xmlns:p='u:"&lt;&amp;' xml:lang='"&lt;'><p:b/></a>`)).toBe(
      '<p:b xmlns:p="u:&quot;&lt;&amp;" xml:lang="&quot;&lt;"/>',
    );
  });

  test("means the same alone as in its document, whatever it is made of", () => {
    fc.assert(
      fc.property(fragment, ({ source, nameLength }) => {
        const document =
          `<D:root xmlns:D="DAV:" xmlns:p="urn:p" xmlns:q='urn:q"&lt;' xml:lang="en">\r\n` +
          `<x xmlns="urn:default" xmlns:q="urn:nearer">${source}</x></D:root>`;
        const inside = parseXml(document).children[0]?.children[0];
        if (inside === undefined) throw new Error("the fragment is not there");
        const alone = parseXml(inside.xml);
        expect(infoset(alone)).toEqual(infoset(inside));
        // Only its start tag grew, and only behind its name.
        expect(inside.xml.startsWith(source.slice(0, nameLength + 1))).toBe(true);
        expect(inside.xml.endsWith(source.slice(nameLength + 1))).toBe(true);
        expect(alone.xml).toBe(inside.xml);
      }),
    );
  });
});

describe("parseXml refuses hostile documents (RFC 4918 §20.6)", () => {
  const nested = (depth: number): string => "<a>".repeat(depth) + "</a>".repeat(depth);
  const bomb =
    '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;">]><a>&d;</a>';

  test.each([
    ["an entity bomb", bomb],
    ["a bare document type", "<!DOCTYPE a><a/>"],
    ["an entity with the name of a property of every JavaScript object", "<a>&constructor;</a>"],
    ["an entity that nobody declared", "<a>&nbsp;</a>"],
    ["100,000 nested elements", nested(100_000)],
    ["100,000 nested elements that never end", "<a>".repeat(100_000)],
    ["100,000 nested prefixes", '<p:a xmlns:p="u">'.repeat(100_000)],
    [
      "10,000 namespaces",
      `<a ${Array.from({ length: 10_000 }, (_, i) => `xmlns:n${i}="u:${i}"`).join(" ")}/>`,
    ],
    [
      "10,000 namespaces, one an element",
      `<a>${Array.from({ length: 10_000 }, (_, i) => `<b xmlns:n${i}="u:${i}"/>`).join("")}</a>`,
    ],
    ["an attribute flood", `<a ${Array.from({ length: 100_000 }, (_, i) => `b${i}="c"`).join(" ")}/>`],
    ["a long namespace name", `<a xmlns="u:${"x".repeat(20_000)}"/>`],
    ["a long language", `<a xml:lang="${"x".repeat(300)}"/>`],
    ["an element that does not end", "<a><b></b>"],
    ["a tag that does not end", "<a b='1"],
    ["a comment that does not end", "<a><!-- </a>"],
    ["a CDATA section that does not end", "<a><![CDATA[ </a>"],
    ["a document type that does not end", "<!DOCTYPE a ["],
    ["two roots", "<a/><b/>"],
    ["tags that cross", "<a><b></a></b>"],
    ["a prefix that nobody declared", "<p:a/>"],
    ["an attribute's prefix that nobody declared", "<a p:b='1'/>"],
    ['a prefix bound to ""', '<a xmlns:p=""/>'],
    ["the prefix xmlns on an element", "<xmlns:a/>"],
    ["the prefix xml bound to something else", '<a xmlns:xml="u:1"/>'],
    ["one attribute twice", '<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>'],
    ["another encoding", '<?xml version="1.0" encoding="ISO-8859-1"?><a/>'],
    ["an encoding that ends as ours", '<?xml version="1.0" encoding="x-utf-8"?><a/>'],
    ["an encoding that begins as ours", '<?xml version="1.0" encoding="utf-16-x"?><a/>'],
    ["an encoding that is no name", '<?xml version="1.0" encoding="\u00FCtf-8"?><a/>'],
    ["UTF-16 read as bytes", "\0<\0a\0/\0>"],
    ["NUL", "<a>\0</a>"],
    ["a control character", "<a>\x1B</a>"],
    ["a reference to NUL", "<a>&#0;</a>"],
    ["a reference beyond Unicode", "<a>&#x110000;</a>"],
    ["half a surrogate pair", "<a>\uD800</a>"],
    ["a non-character", "<a>\uFFFF</a>"],
    ["text before the root", "x<a/>"],
    ["text after the root", "<a/>x"],
    ["a second XML declaration", '<a/><?xml version="1.0"?>'],
    ["]]> in text", "<a>]]></a>"],
    ["nothing", ""],
    ["white space only", " \r\n"],
    ["no XML at all", '{"a": 1}'],
  ])("%s: 400", (_, document) => {
    expect(() => parseXml(document)).toThrow(expect.objectContaining({ name: "DavError", status: 400 }));
  });

  test.each([
    ["an external document type", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'],
    ["a public document type", '<!DOCTYPE a PUBLIC "-//x//y" "http://example.com/x.dtd"><a/>'],
    ["an external entity", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'],
    ["an external parameter entity", '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://example.com/x"> %b;]><a/>'],
  ])("%s: 403 with no-external-entities (RFC 4918 §16)", (_, document) => {
    expect(() => parseXml(document)).toThrow(
      expect.objectContaining({ status: 403, condition: { code: "no-external-entities" } }),
    );
  });

  test.each([
    ["huge text", `<a>${"x".repeat(defaultXmlLimits.length)}</a>`],
    ["a hundred thousand elements", `<a>${"<b/>".repeat(100_000)}</a>`],
  ])("%s: 413", (_, document) => {
    expect(() => parseXml(document)).toThrow(expect.objectContaining({ status: 413 }));
  });

  test("says no word about the document's content in its message", () => {
    expect(() => parseXml("<secret>")).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("secret") }),
    );
  });
});

describe("parseXml, whatever comes,", () => {
  test("gives an element or a DavError", () => {
    const piece = fc.constantFrom(
      "<a>",
      "</a>",
      "<a",
      "/>",
      ">",
      " ",
      'xmlns="u"',
      'xmlns:p="u"',
      "xml:lang='en'",
      "<p:b/>",
      "&amp;",
      "&x;",
      "&#",
      ";",
      "<!--",
      "-->",
      "<![CDATA[",
      "]]>",
      "<?x",
      "?>",
      '<?xml version="1.0"?>',
      "<!DOCTYPE a [",
      "]>",
      "<!ENTITY b SYSTEM 'x'>",
      "\r\n",
      "\0",
      "\uD800",
      "text",
      "=",
      '"',
    );
    let read = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, enclosed) => {
        const document = enclosed ? `<a>${pieces.join("")}</a>` : pieces.join("");
        try {
          const root = parseXml(document);
          read += 1;
          expect(document).toContain(root.xml);
        } catch (error) {
          if (!(error instanceof DavError)) throw error;
          expect([400, 403]).toContain(error.status);
        }
      }),
    );
    expect(read).toBeGreaterThan(0);
  });

  test.each([
    ["references", "<a>", "&amp;", "</a>"],
    ["comments", "<a>", "<!---->", "</a>"],
    ["instructions", "<a>", "<?i?>", "</a>"],
    ["CDATA sections", "<a>", "<![CDATA[]]>", "</a>"],
    ["lines", "<a>", "\r\n", "</a>"],
    ["lines in an attribute", '<a b="', "\n", '"/>'],
    ["references in an attribute", '<a b="', "&lt;", '"/>'],
    ["letters of a name", "<", "a", "/>"],
    ["spaces in a tag", "<a", " ", "/>"],
  ])("reads a million characters of %s in no time to speak of", (_, start, piece, end) => {
    const document = start + piece.repeat(1_000_000 / piece.length) + end;
    expect(parseXml(document).xml).toHaveLength(document.length);
  });
});

describe("parseXml takes what its limits allow, and nothing more:", () => {
  test.each([
    ["length", "<a></a>", 7],
    ["depth", "<a><b><c/></b><b/></a>", 3],
    ["elements", "<a><b/><b/></a>", 3],
    ["attributes", '<a b="1" c="1" xmlns:p="u"><b b="1"/></a>', 3],
    ["namespaces", '<a xmlns="u"><b xmlns:p="v"/></a>', 2],
    ["namespaceLength", '<a xmlns="u:1"><b xmlns:p="v:12"/></a>', 7],
  ] as const)("%s", (limit, document, most) => {
    expect(parseXml(document, { [limit]: most }).name.local).toBe("a");
    expect(() => parseXml(document, { [limit]: most - 1 })).toThrow(
      expect.objectContaining({ name: "DavError" }),
    );
  });
});

interface Infoset {
  readonly name: PropertyName;
  readonly lang: string | undefined;
  readonly attributes: readonly string[];
  readonly text: string;
  readonly children: readonly Infoset[];
}

/** What RFC 4918 §4.3 wants kept, apart from the spelling. The language is an attribute where it was inherited. */
function infoset(element: XmlElement): Infoset {
  return {
    name: element.name,
    lang: element.lang,
    attributes: element.attributes
      .map(({ name, value }) => JSON.stringify([name.namespace, name.local, value]))
      .filter((attribute) => !attribute.includes("XML/1998"))
      .sort(),
    text: element.text,
    children: element.children.map(infoset),
  };
}

/** Well-formed elements in the scope that the test gives them: prefixes D, p, q and a default namespace. */
const fragment: fc.Arbitrary<{ readonly source: string; readonly nameLength: number }> = fc
  .letrec<{ element: string; content: string }>((tie) => ({
    content: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(
        "text",
        " \r\n\t",
        "&amp;&#x41;&lt;",
        "<!-- D:x <b> -->",
        "<![CDATA[<q:x>&]]>",
        "<?go <x/> ?>",
        "p:qname",
        "\u00E9\u{1F600}",
      ),
      tie("element"),
    ),
    element: fc
      .record({
        name: fc.constantFrom("D:a", "p:a", "q:a", "a", "r:a", "a.b-c", "D:\u00E9"),
        attributes: fc.uniqueArray(
          fc.constantFrom(
            [" ", "b", "'1'"],
            ["\r\n", "p:b", '"&amp;\n\'"'],
            ["\t", "q:c", "'\"'"],
            [" ", "xml:lang", "'de'"],
            [" ", "xmlns", "''"],
            [" ", "xmlns", "'urn:other'"],
            [" ", "xmlns:p", '"urn:own"'],
            [" ", "D:d", "'D:x'"],
          ),
          { selector: ([, name]) => name, maxLength: 4 },
        ),
        content: fc.array(tie("content"), { maxLength: 4 }),
        space: fc.constantFrom("", " ", "\r\n"),
      })
      .map(({ name, attributes, content, space }) => {
        const declared = name === "r:a" ? " xmlns:r='urn:r'" : "";
        const start = `<${name}${declared}${attributes.map(([gap, key, value]) => `${gap}${key} = ${value}`).join("")}`;
        return content.length === 0
          ? `${start}${space}/>`
          : `${start}${space}>${content.join("")}</${name}${space}>`;
      }),
  }))
  .element.map((source) => ({ source, nameLength: /^<[^\s/>]+/.exec(source)?.[0].slice(1).length ?? 0 }));
