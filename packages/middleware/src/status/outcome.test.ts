import { describe, expect, test } from "vitest";
import { collectionUrl, jsonOf, statusFixture } from "../testing/status-fixture.ts";

const promised = {
  "Cache-Control": "no-store",
  "Referrer-Policy": "no-referrer",
  Vary: "Accept, Prefer",
};

describe("the outcome", () => {
  test("is the final response itself: status, fields that outlast a connection, content", async () => {
    const { start, ask } = statusFixture();
    const { operation, end } = start({ principal: "ann", target: "http://files.example/dav/source" });
    await end({
      status: 207,
      fields: {
        "content-type": "application/xml",
        Location: "/dav/there",
        Link: '</schema>; rel="describedby"',
        Vary: "Origin",
        "cache-control": "max-age=60",
        Date: "Thu, 15 Jan 2026 12:00:00 GMT",
        "Set-Cookie": ["a=1", "b=2"],
        Connection: "close",
        "Transfer-Encoding": "chunked",
        "Content-Length": "3",
        "X-Own": ["1", "2"],
      },
      content: "<a/>",
    });
    expect(await ask(`${operation.id}/outcome`)).toEqual({
      status: 207,
      operation: operation.id,
      fields: {
        "content-type": "application/xml",
        Location: "http://files.example/dav/there",
        "X-Own": ["1", "2"],
        ...promised,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": "attachment",
        Vary: "Origin, Accept, Prefer",
        Link: ['</schema>; rel="describedby"', `<${collectionUrl}${operation.id}>; rel="status"`],
      },
      content: "<a/>",
    });
  });

  const svg = "image/svg+xml";
  test.each<
    [type: string | readonly string[] | undefined, given: string | undefined, told: string | undefined]
  >([
    ["text/html; charset=utf-8", undefined, "attachment"],
    ["TEXT/HTML", "inline", "attachment"],
    ["application/xml", undefined, "attachment"],
    ["application/xhtml+xml", undefined, "attachment"],
    [svg, 'inline; filename="a.svg"', "attachment"],
    [svg, 'attachment; filename="a.svg"', 'attachment; filename="a.svg"'],
    ["application/pdf", undefined, "attachment"],
    ["multipart/mixed", undefined, "attachment"],
    ["text/html,application/json", undefined, "attachment"],
    ["application/json,text/html", undefined, "attachment"],
    [["application/json", "text/html"], undefined, "attachment"],
    ["text/javascript", undefined, "attachment"],
    [undefined, undefined, "attachment"],
    ["application/json", undefined, undefined],
    ["application/problem+json", undefined, undefined],
    ["text/plain;charset=utf-8", "inline", "inline"],
    ["image/png", undefined, undefined],
  ])("runs nothing: %s, %s is told as %s", async (type, given, told) => {
    const { start, ask } = statusFixture();
    const { operation, end } = start({ principal: "ann" });
    await end({
      status: 200,
      fields: {
        ...(type === undefined ? {} : { "content-type": type }),
        ...(given === undefined ? {} : { "CONTENT-DISPOSITION": given }),
        "content-security-policy": "default-src *",
        Refresh: "0; url=/elsewhere",
      },
      content: "<script>alert(1)</script>",
    });
    const { fields } = await ask(`${operation.id}/outcome`);
    const names = Object.keys(fields).map((name) => name.toLowerCase());
    expect(fields["Content-Security-Policy"]).toBe("default-src 'none'; sandbox");
    expect(fields["X-Content-Type-Options"]).toBe("nosniff");
    expect(fields["Content-Disposition"]).toBe(told);
    expect(names).toEqual([...new Set(names)]);
    expect(names).not.toContain("refresh");
  });

  test("says so where its content was too large to be kept", async () => {
    const { start, ask } = statusFixture();
    const { operation, end } = start({ principal: "ann" });
    await end({
      status: 200,
      fields: { "Content-Type": "image/png", ETag: '"1"', "Content-Encoding": "gzip", "X-Own": "1" },
      truncated: true,
    });
    const answer = await ask(`${operation.id}/outcome`);
    expect([answer.status, answer.fields["ETag"], answer.fields["Link"]]).toEqual([
      410,
      undefined,
      undefined,
    ]);
    expect(jsonOf(answer)).toEqual({
      status: 410,
      title: "The request was carried out and ended with 200; its response was too large to be kept.",
      outcome: { status: 200 },
      operation: collectionUrl + operation.id,
    });
    expect(jsonOf(await ask(operation.id))).toMatchObject({ outcome: { truncated: true } });
  });

  test("is not there while the operation runs, and that answer is told from a recorded 404", async () => {
    const { start, ask } = statusFixture();
    const { operation, end } = start({ principal: "ann" });
    const early = await ask(`${operation.id}/outcome`);
    expect(early).toMatchObject({ status: 404, fields: { "Retry-After": "5", ...promised } });
    expect(early.fields["Link"]).toBeUndefined();
    await end({ status: 404 });
    const outcome = await ask(`${operation.id}/outcome`);
    expect(outcome.status).toBe(404);
    expect(outcome.fields["Link"]).toBe(`<${collectionUrl}${operation.id}>; rel="status"`);
  });
});
