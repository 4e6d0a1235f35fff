import { davName } from "@meanwhile/dav/xml";
import { describe, expect, test } from "vitest";
import { MultistatusError } from "../../error/multistatus-error.ts";
import { clientOf, multistatusAnswer, scriptedServer } from "../../testing/scripted-server.ts";
import type { PropertyChange } from "../dav-client.ts";

const author = { namespace: "http://ns.example.com/z39.50/", local: "Authors" };
const done = multistatusAnswer(
  '<D:response><D:href>/dav/a</D:href><D:propstat><D:prop><Z:Authors xmlns:Z="http://ns.example.com/z39.50/"/></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>',
);

describe("patchProperties", () => {
  test("sends the changes in their order, with real namespaces (RFC 4918 §9.2, §14.19)", async () => {
    const server = scriptedServer(done);
    await clientOf(server).patchProperties("a", [
      { set: author, text: "<Jim> & \r\n]]>", lang: "en-GB" },
      { remove: { namespace: "", local: "none" } },
      { set: davName("displayname"), text: "" },
      {
        set: author,
        xml: '<?xml version="1.0"?><z:Authors xmlns:z="http://ns.example.com/z39.50/"><z:a b="c">&#65;</z:a></z:Authors>',
      },
    ]);
    const [request] = server.seen;
    expect(request?.method).toBe("PROPPATCH");
    expect(request?.content).toBe(
      '<?xml version="1.0" encoding="utf-8"?>\n<D:propertyupdate xmlns:D="DAV:">' +
        '<D:set><D:prop><N:Authors xmlns:N="http://ns.example.com/z39.50/" xml:lang="en-GB">&lt;Jim&gt; &amp; &#13;\n]]&gt;</N:Authors></D:prop></D:set>' +
        "<D:remove><D:prop><none/></D:prop></D:remove>" +
        "<D:set><D:prop><D:displayname></D:displayname></D:prop></D:set>" +
        '<D:set><D:prop><z:Authors xmlns:z="http://ns.example.com/z39.50/"><z:a b="c">&#65;</z:a></z:Authors></D:prop></D:set></D:propertyupdate>',
    );
  });

  test("rejects where one was refused, and tells which (RFC 4918 §9.2.1)", async () => {
    const answer = multistatusAnswer(
      `<D:response><D:href>/dav/a</D:href>
        <D:propstat><D:prop><Z:Authors xmlns:Z="http://ns.example.com/z39.50/"/></D:prop><D:status>HTTP/1.1 424 Failed Dependency</D:status></D:propstat>
        <D:propstat><D:prop><D:getetag/></D:prop><D:status>HTTP/1.1 403 Forbidden</D:status><D:error><D:cannot-modify-protected-property/></D:error></D:propstat>
        <D:responsedescription>getetag is the server's</D:responsedescription></D:response>`,
    );
    const error = await clientOf(scriptedServer(answer))
      .patchProperties("a", [{ remove: author }])
      .catch((reason: unknown) => reason);
    if (!(error instanceof MultistatusError)) throw error;
    expect(error.failed).toMatchObject([
      { status: 424, property: author },
      {
        status: 403,
        property: davName("getetag"),
        condition: "cannot-modify-protected-property",
        description: "getetag is the server's",
      },
    ]);
  });

  test("takes other successes, and does nothing where there is nothing to do", async () => {
    const server = scriptedServer(new Response(null, { status: 204 }));
    await clientOf(server).patchProperties("a", [{ remove: author }]);
    await clientOf(server).patchProperties("a", []);
    expect(server.seen).toHaveLength(1);
    await expect(
      clientOf(scriptedServer(new Response("", { status: 409 }))).patchProperties("a", [{ remove: author }]),
    ).rejects.toMatchObject({ name: "HttpError", status: 409 });
  });

  test.each<[string, PropertyChange, string]>([
    ["a name with a colon", { remove: { namespace: "u:", local: "a:b" } }, "ERR_PROPERTY_NAME"],
    [
      "a name in XML's own namespace",
      { set: { namespace: "http://www.w3.org/2000/xmlns/", local: "a" }, text: "" },
      "ERR_PROPERTY_NAME",
    ],
    ["a control character", { set: author, text: "\u0001" }, "ERR_PROPERTY_VALUE"],
    ["a lone surrogate", { set: author, text: "\uD800" }, "ERR_PROPERTY_VALUE"],
    ["a language that is none", { set: author, text: "", lang: 'en" x="' }, "ERR_PROPERTY_VALUE"],
    ["XML that is none", { set: author, xml: "<a" }, "ERR_PROPERTY_VALUE"],
    ["two elements", { set: author, xml: "<a/><b/>" }, "ERR_PROPERTY_VALUE"],
    ["another element", { set: author, xml: "<Authors/>" }, "ERR_PROPERTY_VALUE"],
    ["a document type", { set: author, xml: "<!DOCTYPE a><a/>" }, "ERR_PROPERTY_VALUE"],
  ])("refuses %s before anything is sent", async (_name, change, code) => {
    const server = scriptedServer(done);
    await expect(clientOf(server).patchProperties("a", [change])).rejects.toMatchObject({ code });
    expect(server.seen).toHaveLength(0);
  });
});

describe("properties and quota", () => {
  test("gives those of every propstat", async () => {
    const server = scriptedServer(
      multistatusAnswer(`<D:response xml:lang="de"><D:href>/dav/a</D:href>
        <D:propstat><D:prop><D:getetag/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>
        <D:propstat><D:prop><x:k xmlns:x="u:x">v</x:k></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`),
    );
    const client = clientOf(server);
    expect(await client.properties("a")).toMatchObject([
      { name: davName("getetag"), status: 404 },
      {
        name: { namespace: "u:x", local: "k" },
        status: 200,
        text: "v",
        lang: "de",
        xml: '<x:k xml:lang="de" xmlns:x="u:x">v</x:k>',
      },
    ]);
    await client.properties("a", "names");
    await client.properties("a", [author]);
    expect(
      server.seen.map(({ content }) => /<D:propfind[^>]*>(.*)<\/D:propfind>/.exec(content)?.[1]),
    ).toEqual([
      "<D:allprop/>",
      "<D:propname/>",
      '<D:prop><N:Authors xmlns:N="http://ns.example.com/z39.50/"/></D:prop>',
    ]);
  });

  test("reads what is used and what is left (RFC 4331 §3)", async () => {
    const answer = (used: string): Response =>
      multistatusAnswer(
        `<D:response><D:href>/dav/</D:href><D:propstat><D:prop><D:quota-used-bytes>${used}</D:quota-used-bytes><D:quota-available-bytes> 12 </D:quota-available-bytes></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`,
      );
    expect(await clientOf(scriptedServer(answer("5"))).quota("")).toEqual({ used: 5, available: 12 });
    for (const used of ["-1", "", "1e9", "99999999999999999999"]) {
      expect(await clientOf(scriptedServer(answer(used))).quota("")).toEqual({ available: 12 });
    }
  });

  test("capabilities are what OPTIONS says (RFC 4918 §10.1)", async () => {
    const server = scriptedServer(
      new Response("", { headers: { DAV: "1, 2 ,<urn:meanwhile:operations:1>", Allow: "GET, COPY" } }),
      new Response("", { headers: {} }),
    );
    const client = clientOf(server);
    expect(await client.capabilities()).toEqual({
      classes: ["1", "2", "<urn:meanwhile:operations:1>"],
      allow: ["GET", "COPY"],
      keepsAnswers: true,
    });
    expect(await client.capabilities("a")).toEqual({ classes: [], allow: [], keepsAnswers: false });
  });
});
