import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { XmlStreamLimits } from "../xml/xml-stream.ts";
import { DocumentError } from "./document-error.ts";
import { multistatus, propertyResponse, statusResponse } from "./multistatus.ts";
import {
  MultistatusReader,
  type MultistatusResponse,
  parseStatusLine,
  unreadStatus,
} from "./multistatus-reader.ts";
import { clarkName } from "./property.ts";

describe("MultistatusReader", () => {
  test("gives each response as soon as it is complete", () => {
    const reader = new MultistatusReader();
    expect(reader.write('<D:multistatus xmlns:D="DAV:"><D:response><D:href>/a</D:href>')).toEqual([]);
    const [first, ...others] = reader.write(
      "<D:status>HTTP/1.1 423 Locked</D:status></D:response><D:response><D:href>/b</D:href>",
    );
    expect(first).toEqual({ hrefs: ["/a"], status: 423, propstats: [] });
    expect(others).toEqual([]);
    expect(reader.write("<D:status>HTTP/1.1 424 X</D:status></D:response></D:multistatus>")).toHaveLength(1);
    expect(reader.end()).toEqual([]);
  });

  test("keeps every propstat, in whatever order they come (RFC 4918 §14.22)", () => {
    const [response] = read(
      `<a:multistatus xmlns:a="DAV:"><a:response><a:href>/x</a:href>
        <a:propstat><a:status>HTTP/1.1 404 Not Found</a:status><a:prop><a:getetag/></a:prop></a:propstat>
        <a:propstat><a:prop><a:displayname>mine</a:displayname></a:prop><a:status>HTTP/1.1 200 OK</a:status></a:propstat>
        <a:propstat><a:prop/><a:status>HTTP/1.1 403</a:status></a:propstat>
      </a:response></a:multistatus>`,
    );
    expect(response?.propstats.map(({ status, properties }) => [status, properties.length])).toEqual([
      [404, 1],
      [200, 1],
      [403, 0],
    ]);
  });

  test("tells properties of the same local name apart by namespace (RFC 4918 §4.4)", () => {
    const [response] = read(
      `<D:multistatus xmlns:D="DAV:"><D:response><D:href>/x</D:href><D:propstat><D:prop>
        <D:displayname>mine</D:displayname><X:displayname xmlns:X="urn:x">other</X:displayname><displayname>none</displayname>
      </D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>`,
    );
    expect(response?.propstats[0]?.properties.map(({ name, text }) => [clarkName(name), text])).toEqual([
      ["{DAV:}displayname", "mine"],
      ["{urn:x}displayname", "other"],
      ["{}displayname", "none"],
    ]);
  });

  test("gives a property as XML that stands by itself, with its xml:lang (RFC 4918 §4.3)", () => {
    const [, response] = read(
      `<multistatus xmlns="DAV:" xmlns:R="urn:r" xml:lang="de"><response><href>/0</href><status>HTTP/1.1 200</status></response>
      <response><href>/1</href><propstat><prop><R:author a="1"><R:name>K&#246;nig &amp; <![CDATA[<Söhne>]]></R:name><x/></R:author></prop><status>HTTP/1.1 200 OK</status></propstat></response></multistatus>`,
    );
    const property = response?.propstats[0]?.properties[0];
    expect(property?.xml).toBe(
      '<R:author xmlns="DAV:" xmlns:R="urn:r" xml:lang="de" a="1"><R:name>K&#246;nig &amp; <![CDATA[<Söhne>]]></R:name><x/></R:author>',
    );
    expect(property?.lang).toBe("de");
    expect(property?.children[0]?.text).toBe("König & <Söhne>");
  });

  test("gives conditions, descriptions and locations of responses and propstats (RFC 4918 §14.5, §14.14, §14.25)", () => {
    const reader = new MultistatusReader();
    const responses = reader.write(
      `<D:multistatus xmlns:D="DAV:"><D:response><D:href>/a</D:href><D:href> /b </D:href><D:status>HTTP/1.1 423 Locked</D:status>
        <D:error><D:lock-token-submitted><D:href>/root</D:href></D:lock-token-submitted></D:error>
        <D:responsedescription> held </D:responsedescription><D:location><D:href>/c</D:href></D:location></D:response>
       <D:response><D:href>/d</D:href><D:propstat><D:prop><D:getetag/></D:prop><D:status>HTTP/1.1 403 Forbidden</D:status>
        <D:error><s:own xmlns:s="urn:s"/><D:cannot-modify-protected-property/></D:error><D:responsedescription>no</D:responsedescription></D:propstat></D:response>
       <D:responsedescription>in all</D:responsedescription></D:multistatus>`,
    );
    reader.end();
    expect(responses[0]).toEqual({
      hrefs: ["/a", "/b"],
      status: 423,
      propstats: [],
      condition: { name: { namespace: "DAV:", local: "lock-token-submitted" }, hrefs: ["/root"] },
      description: "held",
      location: "/c",
    });
    expect(responses[1]?.propstats[0]).toMatchObject({
      status: 403,
      condition: { name: { local: "cannot-modify-protected-property" }, hrefs: [] },
      description: "no",
    });
    expect(reader.description).toBe("in all");
  });

  test("reads the example of RFC 4918 §9.2.2", () => {
    const [response] = read(readFileSync(`${fixtures}/rfc4918-9.2.2-proppatch-response.xml`, "utf8"));
    expect(response?.propstats.map(({ status }) => status)).toEqual([424, 409]);
    expect(response?.description).toBe("Copyright Owner cannot be deleted or\n      altered.");
  });

  test("passes over what comes before the document, and elements that it does not know (RFC 4918 §17)", () => {
    const responses = read(
      `\uFEFF\r\n\n<?xml version="1.0"?><!-- x --><?x y?><D:multistatus xmlns:D="DAV:" xmlns:n="urn:n"><n:other><D:response/></n:other>
       <D:response><n:x>1</n:x><D:href>/a</D:href><D:status>HTTP/1.1 200 OK</D:status></D:response></D:multistatus>\n`,
    );
    expect(responses.map(({ hrefs }) => hrefs)).toEqual([["/a"]]);
  });

  test("reads control characters that XML cannot have as U+FFFD", () => {
    expect(
      read(answer("<D:href>/a\u0001\u000Bb</D:href><D:status>HTTP/1.1 200</D:status>"))[0]?.hrefs,
    ).toEqual(["/a\uFFFD\uFFFDb"]);
  });

  test("gives the same however the document is cut", () => {
    const document = `\uFEFF \r\n${multistatus([
      statusResponse("/a%20b", 424),
      propertyResponse("/\u{1F4C4}", [
        {
          status: 200,
          properties: [
            "<D:getetag>&quot;1&quot;</D:getetag>",
            '<N:x\r\n xmlns:N="urn:n"\r\n>\r\n\u{1F600}<![CDATA[\r]]></N:x\r\n>',
          ],
        },
        { status: 404, properties: ["<D:quota-used-bytes/>"] },
      ]),
    ])}`;
    const whole = plain(read(document));
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(document.length), { maxLength: 40 }), (places) => {
        const cuts = [0, ...places.sort((a, b) => a - b), document.length];
        const reader = new MultistatusReader();
        const responses = cuts.flatMap((cut, index) =>
          reader.write(document.slice(cut, cuts[index + 1] ?? cut)),
        );
        expect(plain([...responses, ...reader.end()])).toEqual(whole);
      }),
      { numRuns: 200 },
    );
    const reader = new MultistatusReader();
    const byUnit = Array.from({ length: document.length }, (_, index) =>
      reader.write(document.charAt(index)),
    );
    expect(plain([...byUnit.flat(), ...reader.end()])).toEqual(whole);
  });

  test("forgets what it gave: a listing may have any number of members", () => {
    const reader = new MultistatusReader({ length: 2000, elements: 10, namespaces: 2 });
    reader.write('<D:multistatus xmlns:D="DAV:">');
    const member =
      '<D:response xmlns:a="DAV:" xmlns:b="urn:b"><D:href>/a</D:href><D:propstat><D:prop><a:getetag>1</a:getetag></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>\n';
    let members = 0;
    for (let index = 0; index < 2000; index += 1) members += reader.write(member.repeat(5)).length;
    expect(members).toBe(10_000);
    reader.write("</D:multistatus>");
    expect(reader.end()).toEqual([]);
  });

  test.each<[string, string]>([
    ["nothing", ""],
    ["only white space", " \n"],
    ["no XML", "Not Found"],
    ["HTML", "<!DOCTYPE html><html><body>502</body></html>"],
    ["another root", '<D:prop xmlns:D="DAV:"/>'],
    ["a root of no namespace", "<multistatus/>"],
    ["a document that breaks off", '<D:multistatus xmlns:D="DAV:"><D:response><D:href>/a</D:href>'],
    ["a document that breaks off between responses", '<D:multistatus xmlns:D="DAV:">'],
    ["an unbound prefix", '<D:multistatus xmlns:D="DAV:"><E:response/></D:multistatus>'],
    [
      "crossing tags",
      '<D:multistatus xmlns:D="DAV:"><D:response><D:href></D:response></D:href></D:multistatus>',
    ],
    ["something after the end", '<D:multistatus xmlns:D="DAV:"/><D:multistatus xmlns:D="DAV:"/>'],
    ["an external entity", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ["entities of entities", '<!DOCTYPE a [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><a>&b;</a>'],
    ["an entity that nobody declared", answer("<D:href>/&x;</D:href><D:status>HTTP/1.1 200</D:status>")],
  ])("refuses %s", (_name, document) => {
    expect(() => read(document)).toThrow(DocumentError);
  });

  test.each<[string, string, Partial<MultistatusResponse>]>([
    ["a response without href", "<D:status>HTTP/1.1 200 OK</D:status>", { hrefs: [], status: 200 }],
    [
      "a propstat without status",
      "<D:href>/a</D:href><D:propstat><D:prop/></D:propstat>",
      { hrefs: ["/a"], propstats: [{ status: unreadStatus, properties: [] }] },
    ],
    [
      "a propstat with a status that is none",
      "<D:href>/a</D:href><D:propstat><D:prop/><D:status>fine</D:status></D:propstat>",
      { propstats: [{ status: unreadStatus, properties: [] }] },
    ],
    ["a status that is none", "<D:href>/a</D:href><D:status>OK</D:status>", { status: unreadStatus }],
  ])("%s spoils that response, and not the others", (_name, content, response) => {
    const whole = "<D:response><D:href>/b</D:href><D:status>HTTP/1.1 200 OK</D:status></D:response>";
    const document = answer(content).replace("</D:multistatus>", `${whole}</D:multistatus>`);
    expect(read(document)).toMatchObject([response, { hrefs: ["/b"], status: 200 }]);
  });

  test.each<[string, Partial<XmlStreamLimits>, string]>([
    [
      "a long response",
      { length: 400 },
      `<D:href>/${"a".repeat(400)}</D:href><D:status>HTTP/1.1 200</D:status>`,
    ],
    ["a long comment", { length: 400 }, `<!--${"a".repeat(400)}-->`],
    ["depth", { depth: 6 }, `<D:href>/a</D:href>${"<D:x>".repeat(5)}${"</D:x>".repeat(5)}`],
    ["elements", { elements: 8 }, `<D:href>/a</D:href>${"<D:x/>".repeat(8)}`],
    ["attributes", { attributes: 3 }, '<D:href a="1" b="2" c="3" d="4">/a</D:href>'],
    [
      "namespaces",
      { namespaces: 3 },
      '<D:href xmlns:a="a:" xmlns:b="b:"/><D:href xmlns:c="c:" xmlns:d="d:"/>',
    ],
    ["namespace names", { namespaceLength: 60 }, `<D:href xmlns:a="urn:${"a".repeat(60)}"/>`],
    ["an xml:lang", {}, `<D:href xml:lang="${"a".repeat(257)}">/a</D:href>`],
  ])("has a limit for %s", (_name, limits, content) => {
    expect(() => read(answer(content), limits)).toThrow(DocumentError);
    expect(() => read(answer("<D:href>/a</D:href>"), limits)).not.toThrow();
  });

  test("stops early where something has no end", () => {
    const reader = new MultistatusReader({ length: 10_000 });
    reader.write('<D:multistatus xmlns:D="DAV:"><D:response><D:href>');
    const endless = (): void => {
      for (let index = 0; index < 20; index += 1) reader.write("a".repeat(1000));
    };
    expect(endless).toThrow("too long");
    expect(() => reader.write("</D:href>")).toThrow(DocumentError);
  });
});

test.each<[string, number]>([
  ["HTTP/1.1 200 OK", 200],
  ["HTTP/1.1 404 Not Found", 404],
  ["HTTP/1.0 200 OK", 200],
  ["HTTP/2 423", 423],
  ["HTTP/2.0 200 ", 200],
  ["\n  http/1.1  507  Insufficient Storage\n", 507],
  ["200 OK", 200],
])("the status of %j is %i (RFC 4918 §14.28)", (text, status) => {
  expect(parseStatusLine(text)).toBe(status);
});

test.each(["", "OK", "HTTP/1.1", "HTTP/1.1 20", "HTTP/1.1 2000 OK", "HTTP/1.1 600 X", "1.1 200 OK"])(
  "%j has no status that can be read, and counts as a failure",
  (text) => {
    expect(parseStatusLine(text)).toBe(unreadStatus);
  },
);

const fixtures = new URL("fixtures", import.meta.url).pathname;

function answer(content: string): string {
  return `<D:multistatus xmlns:D="DAV:"><D:response>${content}</D:response></D:multistatus>`;
}

function read(document: string, limits: Partial<XmlStreamLimits> = {}): readonly MultistatusResponse[] {
  const reader = new MultistatusReader(limits);
  return [...reader.write(document), ...reader.end()];
}

/** With the XML of each property, and without what depends on how the document was cut. */
function plain(responses: readonly MultistatusResponse[]): unknown {
  return responses.map(({ propstats, ...rest }) => ({
    ...rest,
    propstats: propstats.map(({ status, properties }) => ({
      status,
      properties: properties.map(({ name, text, xml }) => ({ name: clarkName(name), text, xml })),
    })),
  }));
}
