import { davName } from "@meanwhile/dav/xml";
import { describe, expect, test } from "vitest";
import { clientOf, multistatusAnswer, scriptedServer } from "../../testing/scripted-server.ts";
import { propertyNamed } from "../properties/resource.ts";

const document = `<D:response><D:href>/dav/a%20b.txt</D:href><D:propstat><D:prop><D:resourcetype/>
  <D:getcontentlength>12</D:getcontentlength><D:getlastmodified>Thu, 15 Jan 2026 12:00:00 GMT</D:getlastmodified>
  <D:creationdate>2026-01-01T00:00:00Z</D:creationdate><D:getetag>"1"</D:getetag><D:getcontenttype>text/plain</D:getcontenttype>
</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`;

describe("stat", () => {
  test("asks for Depth 0 and the properties it shows, and shows them (RFC 4918 §9.1, §15)", async () => {
    const server = scriptedServer(multistatusAnswer(document));
    expect(await clientOf(server).stat("a b.txt")).toMatchObject({
      url: new URL("https://files.example/dav/a%20b.txt"),
      path: "a b.txt",
      name: "a b.txt",
      collection: false,
      length: 12,
      modified: new Date("2026-01-15T12:00:00Z"),
      created: new Date("2026-01-01T00:00:00Z"),
      etag: '"1"',
      contentType: "text/plain",
    });
    const [request] = server.seen;
    expect(request?.method).toBe("PROPFIND");
    expect(request?.headers.get("depth")).toBe("0");
    expect(request?.content).toContain("<D:prop><D:resourcetype/><D:getcontentlength/>");
  });

  test("keeps namespaces apart, and every propstat, whichever comes first (RFC 4918 §4.4, §14.22)", async () => {
    const server = scriptedServer(
      multistatusAnswer(`<D:response><D:href>/dav/x</D:href>
        <D:propstat><D:prop><D:getcontenttype/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>
        <D:propstat><D:prop><D:displayname>mine</D:displayname><X:displayname xmlns:X="urn:x">other</X:displayname>
          <D:getcontentlength>3</D:getcontentlength></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`),
    );
    const other = { namespace: "urn:x", local: "displayname" };
    const resource = await clientOf(server).stat("x", { properties: [davName("displayname"), other] });
    expect(resource.length).toBe(3);
    expect(resource.contentType).toBeUndefined();
    expect(propertyNamed(resource, davName("displayname"))).toMatchObject({ status: 200, text: "mine" });
    expect(propertyNamed(resource, other)).toMatchObject({
      status: 200,
      text: "other",
      xml: '<X:displayname xmlns:X="urn:x">other</X:displayname>',
    });
    expect(propertyNamed(resource, davName("getcontenttype"))).toMatchObject({ status: 404, text: "" });
    expect(server.seen[0]?.content).toContain('<D:displayname/><N:displayname xmlns:N="urn:x"/></D:prop>');
  });

  test("finds its resource among others, in whatever spelling", async () => {
    const other = "<D:response><D:href>/dav/</D:href><D:status>HTTP/1.1 200 OK</D:status></D:response>";
    const spelled = document.replace("/dav/a%20b.txt", "http://inner:8080/%64av/a b.txt/");
    const server = scriptedServer(multistatusAnswer(other, spelled));
    expect((await clientOf(server).stat("a b.txt")).length).toBe(12);
  });

  test("asks a collection again with its slash where the server sends it there, and nowhere else (§5.2)", async () => {
    const redirection = (location: string): Response =>
      new Response(null, { status: 301, headers: { Location: location } });
    const server = scriptedServer(
      redirection("http://inner:8080/dav/c/"),
      multistatusAnswer(document.replace("a%20b.txt", "c/")),
    );
    expect((await clientOf(server).stat("c")).url.pathname).toBe("/dav/c/");
    expect(server.seen.map(({ url }) => url.href)).toEqual([
      "https://files.example/dav/c",
      "https://files.example/dav/c/",
    ]);
    for (const location of ["https://evil.example/", "/dav/other/", "/dav/c", "/login?to=c/"]) {
      const lost = scriptedServer(redirection(location));
      await expect(clientOf(lost).stat("c")).rejects.toMatchObject({
        name: "HttpError",
        status: 301,
        detail: `it is at ${location}`,
      });
      expect(lost.seen).toHaveLength(1);
    }
  });

  test.each<[string, Response, object]>([
    ["404", new Response("", { status: 404 }), { name: "HttpError", status: 404 }],
    [
      "404 within a 207",
      multistatusAnswer(
        "<D:response><D:href>/dav/x</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>",
      ),
      { name: "HttpError", status: 404 },
    ],
    ["no response", multistatusAnswer(), { name: "ConnectionError", code: "malformed" }],
    ["no XML", new Response("hello", { status: 207 }), { name: "ConnectionError", code: "malformed" }],
    ["a page", new Response("<html>", { status: 200 }), { name: "HttpError", status: 200 }],
  ])("%s is an error", async (_name, answer, error) => {
    await expect(clientOf(scriptedServer(answer)).stat("x")).rejects.toMatchObject(error);
  });

  test.each<[string, string, object]>([
    ["its status", "<D:status>HTTP/1.1 503 X</D:status>", { status: 503 }],
    ["a redirection", "<D:status>HTTP/1.1 301 X</D:status>", { status: 301 }],
    ["its only propstat", propstat("resourcetype", 403), { status: 403 }],
    ["all of its propstats", propstat("resourcetype", 404) + propstat("getetag", 500), { status: 500 }],
    ["nothing at all", "", { status: 500 }],
    ["one without status", "<D:propstat><D:prop><D:getetag/></D:prop></D:propstat>", { status: 500 }],
    [
      "the propstat of its type",
      propstat("resourcetype", 507) + propstat("getcontentlength", 200),
      { status: 507 },
    ],
  ])("a failure within a 207 rejects: %s (RFC 4918 §14.22, §14.24)", async (_name, content, error) => {
    const client = clientOf(
      scriptedServer(multistatusAnswer(`<D:response><D:href>/dav/x</D:href>${content}</D:response>`)),
    );
    await expect(client.stat("x")).rejects.toMatchObject(error);
    await expect(client.exists("x")).rejects.toMatchObject(error);
  });

  test.each([
    ["others", [document, document.replace("a%20b.txt", "c")]],
    ["one in another folder", [document.replace("a%20b.txt", "c/a%20b.txt")]],
    ["the folder above", [document.replace("a%20b.txt", "")]],
  ])("a 207 of %s alone tells nothing of this one", async (_what, responses) => {
    for (const verb of ["stat", "exists"] as const) {
      const client = clientOf(scriptedServer(multistatusAnswer(...responses)));
      await expect(client[verb]("x"), verb).rejects.toMatchObject({ code: "malformed" });
    }
  });

  test.each([
    ["its name, as the server has it", "A b.txt.", "/dav/a%20b.txt"],
    ["a name that the server made of it", "a: b.txt", "/dav/a_%20b.txt"],
    ["a folder's name that the server made of it", "a: b/", "/dav/a_%20b/"],
    ["its name below another folder, as behind a proxy that changes paths", "a b.txt", "/inner/a%20b.txt"],
    ["the base, by another name", "", "/dav/home/"],
  ])("a 207 of %s alone is about it", async (_what, place, href) => {
    const answer = multistatusAnswer(document.replace("/dav/a%20b.txt", href));
    expect((await clientOf(scriptedServer(answer)).stat(place)).length).toBe(12);
  });

  test("exists says no where a 207 tells that nothing of it was found", async () => {
    for (const content of ["<D:status>HTTP/1.1 404 X</D:status>", propstat("resourcetype", 404)]) {
      const answer = multistatusAnswer(`<D:response><D:href>/dav/x</D:href>${content}</D:response>`);
      expect(await clientOf(scriptedServer(answer)).exists("x")).toBe(false);
    }
  });

  test("properties and quota take no failure for an absence", async () => {
    const answer = (content: string): ReturnType<typeof scriptedServer> =>
      scriptedServer(multistatusAnswer(`<D:response><D:href>/dav/x</D:href>${content}</D:response>`));
    const failed = "<D:propstat><D:prop/><D:status>HTTP/1.1 503 X</D:status></D:propstat>";
    await expect(clientOf(answer(failed)).properties("x")).rejects.toMatchObject({ status: 503 });
    await expect(clientOf(answer(propstat("quota-used-bytes", 500))).quota("x")).rejects.toMatchObject({
      status: 500,
    });
    expect(await clientOf(answer(propstat("quota-used-bytes", 404))).quota("x")).toEqual({});
    const [refused] = await clientOf(answer(propstat("getetag", 403))).properties("x", [davName("getetag")]);
    expect(refused?.status).toBe(403);
  });

  test("exists says no to 404 and 410, and passes on all other failures", async () => {
    expect(await clientOf(scriptedServer(multistatusAnswer(document))).exists("a b.txt")).toBe(true);
    expect(await clientOf(scriptedServer(new Response("", { status: 404 }))).exists("x")).toBe(false);
    expect(await clientOf(scriptedServer(new Response("", { status: 410 }))).exists("x")).toBe(false);
    await expect(
      clientOf(scriptedServer(new Response("", { status: 403 }))).exists("x"),
    ).rejects.toMatchObject({
      status: 403,
    });
  });

  test("reads answers in other encodings (RFC 7303 §3)", async () => {
    const text = `<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">${document.replace("text/plain", "text/caf\u00E9")}</D:multistatus>`;
    const utf16 = new Uint8Array(2 + text.length * 2);
    new Uint16Array(utf16.buffer).set([0xfeff, ...Array.from(text, (character) => character.charCodeAt(0))]);
    const latin1 = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const declared = Uint8Array.from(text.replace("?>", ' encoding="ISO-8859-1"?>'), (c) => c.charCodeAt(0));
    const answers: [Uint8Array, string][] = [
      [utf16, "application/xml; charset=utf-16"],
      [utf16, "application/xml"],
      [latin1, 'text/xml; charset="iso-8859-1"'],
      [declared, "text/xml"],
    ];
    for (const [bytes, type] of answers) {
      const answer = new Response(new Blob([bytes.slice()]), {
        status: 207,
        headers: { "Content-Type": type },
      });
      expect((await clientOf(scriptedServer(answer)).stat("a b.txt")).contentType).toBe("text/caf\u00E9");
    }
  });

  test("refuses names that XML cannot say", async () => {
    const client = clientOf(scriptedServer(multistatusAnswer(document)));
    for (const local of ["", "a b", "a:b", "1a", "a/><x"]) {
      const options = { properties: [{ namespace: "urn:x", local }] };
      await expect(client.stat("x", options)).rejects.toMatchObject({ code: "ERR_PROPERTY_NAME" });
    }
  });
});

function propstat(local: string, status: number): string {
  return `<D:propstat><D:prop><D:${local}/></D:prop><D:status>HTTP/1.1 ${status} X</D:status></D:propstat>`;
}
