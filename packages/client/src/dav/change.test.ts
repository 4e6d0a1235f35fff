import { describe, expect, test } from "vitest";
import { MultistatusError } from "../error/multistatus-error.ts";
import { clientOf, multistatusAnswer, scriptedServer } from "../testing/scripted-server.ts";

const done = new Response(null, { status: 204 });

describe("changes", () => {
  test("COPY and MOVE name the Destination with all of its URL, and say Overwrite (RFC 4918 §9.8, §9.9, §10.3)", async () => {
    const server = scriptedServer(new Response(null, { status: 201 }));
    const client = clientOf(server);
    expect(await client.copy("2025/", "archive/2025").outcome).toEqual({ status: 201, created: true });
    await client.copy("a b", "c%", { depth: "0", overwrite: false }).outcome;
    await client.move(new URL("https://files.example/dav/x%FF"), "y").outcome;
    expect(
      server.seen.map(({ method, url, headers }) => [
        method,
        url.pathname,
        headers.get("destination"),
        headers.get("overwrite"),
        headers.get("depth"),
      ]),
    ).toEqual([
      ["COPY", "/dav/2025/", "https://files.example/dav/archive/2025/", "T", "infinity"],
      ["COPY", "/dav/a%20b", "https://files.example/dav/c%25", "F", "0"],
      ["MOVE", "/dav/x%FF", "https://files.example/dav/y", "T", null],
    ]);
  });

  test("what may be replaced is named in every list of If, with all tokens (RFC 4918 §10.4)", async () => {
    const server = scriptedServer(done);
    const client = clientOf(server);
    const options = { ifDestination: '"1"' };
    await client.copy("a", "b c", options).outcome;
    await client.move("a", "b", { ...options, lockTokens: ["urn:x", "urn:y"] }).outcome;
    expect(server.seen.map(({ headers }) => headers.get("if"))).toEqual([
      '<https://files.example/dav/b%20c> (["1"])',
      '<https://files.example/dav/b> (["1"]) <https://files.example/dav/b> (<urn:x> ["1"]) <https://files.example/dav/b> (<urn:y> ["1"])',
    ]);
    for (const ifDestination of ["1", 'W/"1"', "*"])
      expect(() => client.copy("a", "b", { ifDestination })).toThrow(
        expect.objectContaining({ code: "ERR_ENTITY_TAG" }),
      );
  });

  test.each(["https://other.example/dav/x", "https://files.example/elsewhere", "http://files.example/dav/x"])(
    "a Destination at %s is refused, and nothing is sent",
    (to) => {
      const server = scriptedServer(done);
      expect(() => clientOf(server).copy("a", new URL(to))).toThrow(
        expect.objectContaining({ code: "ERR_OUTSIDE_BASE" }),
      );
      expect(() => clientOf(server).move(new URL(to), "a")).toThrow(TypeError);
      expect(server.seen).toHaveLength(0);
    },
  );

  test("MKCOL has a slash at the end of its URL, DELETE is sent as it was said", async () => {
    const server = scriptedServer(done);
    const client = clientOf(server);
    await client.mkdir("a");
    await client.delete("a").outcome;
    expect(server.seen.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual([
      "MKCOL /dav/a/",
      "DELETE /dav/a",
    ]);
  });

  test("PUT says its type, and gives the entity tag that the server tells", async () => {
    const server = scriptedServer(new Response(null, { status: 201, headers: { ETag: '"1"' } }));
    const client = clientOf(server);
    expect(await client.put("a", "x", { contentType: "text/plain", ifNoneMatch: "*" }).outcome).toEqual({
      status: 201,
      created: true,
      etag: '"1"',
    });
    await client.put("a", new Blob(["y"], { type: "image/png" }), { ifMatch: '"1", W/"2"' }).outcome;
    await client.put("a", "z").outcome;
    const fields = server.seen.map(({ headers }) =>
      ["content-type", "if-none-match", "if-match"].map((n) => headers.get(n)),
    );
    expect(fields).toEqual([
      ["text/plain", "*", null],
      ["image/png", null, '"1", W/"2"'],
      [null, null, null],
    ]);
  });

  test("a 207 that tells of failures rejects, with every member (RFC 4918 §13, §9.6.1)", async () => {
    const answer = multistatusAnswer(
      `<D:response><D:href>/dav/c/locked</D:href><D:status>HTTP/1.1 423 Locked</D:status>
       <D:error><D:lock-token-submitted><D:href>/dav/c/</D:href></D:lock-token-submitted></D:error></D:response>`,
      "<D:response><D:href>/dav/c/a</D:href><D:href>http://inner/dav/c/b</D:href><D:status>HTTP/1.1 204 No Content</D:status></D:response>",
      "<D:response><D:href>/dav/c/</D:href><D:status>HTTP/1.1 424 Failed Dependency</D:status><D:responsedescription>not empty</D:responsedescription></D:response>",
    );
    const error = await clientOf(scriptedServer(answer))
      .delete("c/")
      .outcome.catch((reason: unknown) => reason);
    if (!(error instanceof MultistatusError)) throw error;
    expect(error.members.map(({ url, ...rest }) => ({ ...rest, at: url.href }))).toEqual([
      { at: "https://files.example/dav/c/locked", status: 423, condition: "lock-token-submitted" },
      { at: "https://files.example/dav/c/a", status: 204 },
      { at: "https://files.example/dav/c/b", status: 204 },
      { at: "https://files.example/dav/c/", status: 424, description: "not empty" },
    ]);
    expect(error.failed).toHaveLength(2);
    expect(error.message).toBe("DELETE /dav/c/: 2 failed, such as /dav/c/locked: 423");
  });

  test("a 207 that tells of none is a success", async () => {
    const answer = multistatusAnswer(
      "<D:response><D:href>/dav/c</D:href><D:status>HTTP/1.1 200 OK</D:status></D:response>",
    );
    expect(await clientOf(scriptedServer(answer)).delete("c").outcome).toEqual({
      status: 207,
      created: false,
    });
  });

  test.each(["copy", "move", "mkdir"] as const)("a page in answer to %s is no success", async (method) => {
    const page = () =>
      new Response("<title>Log in</title>", { headers: { "Content-Type": "text/html; charset=utf-8" } });
    const client = clientOf(scriptedServer(page()));
    const outcome = method === "mkdir" ? client.mkdir("a") : client[method]("a", "b").outcome;
    await expect(outcome).rejects.toMatchObject({ name: "HttpError", status: 200 });
    const others = clientOf(scriptedServer(new Response("done")));
    const other = method === "mkdir" ? others.mkdir("a") : others[method]("a", "b").outcome;
    await expect(other).resolves.toMatchObject({ status: 200 });
  });

  test("a 207 that is none rejects", async () => {
    const answer = new Response("<html>", { status: 207 });
    await expect(clientOf(scriptedServer(answer)).delete("c").outcome).rejects.toMatchObject({
      code: "malformed",
    });
  });

  test("refuses lock tokens and entity tags that are none", () => {
    const client = clientOf(scriptedServer(done));
    expect(() => client.delete("a", { lockTokens: ["<urn:x>"] })).toThrow(
      expect.objectContaining({ code: "ERR_LOCK_TOKEN" }),
    );
    expect(() => client.put("a", "x", { ifMatch: "1" })).toThrow(
      expect.objectContaining({ code: "ERR_ENTITY_TAG" }),
    );
  });
});

describe("what a failed response says", () => {
  const fail = async (answer: Response): Promise<unknown> =>
    clientOf(scriptedServer(answer))
      .delete("a")
      .outcome.catch((reason: unknown) => reason);
  const xml = { "Content-Type": "application/xml; charset=utf-8" };

  test("DAV:error conditions with their hrefs, and a sentence (RFC 4918 §16)", async () => {
    const body = `<?xml version="1.0"?><D:error xmlns:D="DAV:"><D:lock-token-submitted><D:href>/dav/a</D:href><D:href>http://inner/dav/b/</D:href></D:lock-token-submitted><M:message xmlns:M="urn:meanwhile:error">held by ann</M:message></D:error>`;
    expect(await fail(new Response(body, { status: 423, headers: xml }))).toMatchObject({
      name: "HttpError",
      status: 423,
      condition: "lock-token-submitted",
      hrefs: [new URL("https://files.example/dav/a"), new URL("https://files.example/dav/b/")],
      detail: "held by ann",
      message: "DELETE /dav/a: 423 (held by ann)",
    });
  });

  test.each<[string, string, Readonly<Record<string, string>>, object]>([
    [
      "sabre/dav's message",
      '<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"><s:exception>X</s:exception><s:message>File not found</s:message></d:error>',
      xml,
      { condition: undefined, detail: "File not found" },
    ],
    [
      "a problem document's detail (RFC 9457)",
      '{"title":"No","detail":"Disk\\nfull"}',
      { "Content-Type": "application/problem+json" },
      { detail: "Disk full" },
    ],
    ["its title", '{"title":"No"}', { "Content-Type": "application/problem+json" }, { detail: "No" }],
    [
      "plain text",
      "\u001b[2J gone \u202e\n away ",
      { "Content-Type": "text/plain" },
      { detail: "[2J gone away" },
    ],
    ["no page", "<html>x</html>", { "Content-Type": "text/html" }, { detail: undefined }],
    ["no broken XML", "<D:error", xml, { detail: undefined, condition: undefined }],
    ["no JSON that is none", "{", { "Content-Type": "application/json" }, { detail: undefined }],
    ["no hostile XML", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', xml, { detail: undefined }],
    [
      "300 characters of it",
      "x".repeat(70_000),
      { "Content-Type": "text/plain" },
      { detail: `${"x".repeat(300)}...` },
    ],
  ])("%s", async (_name, body, headers, expected) => {
    expect(await fail(new Response(body, { status: 500, headers }))).toMatchObject({
      name: "HttpError",
      ...expected,
    });
  });

  test("64 KiB of its content are read, however much there is", async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(16_384).fill(0x61));
      },
    });
    const answer = new Response(endless, { status: 500, headers: { "Content-Type": "text/plain" } });
    expect(
      await clientOf(scriptedServer(() => answer))
        .delete("a")
        .outcome.catch((e: unknown) => e),
    ).toMatchObject({ status: 500 });
    expect(pulled).toBeLessThan(10);
  });
});
