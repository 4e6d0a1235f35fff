import { describe, expect, test } from "vitest";
import { RequestFields } from "../request/request-fields.ts";
import type { Resource } from "../store.ts";
import { checkPreconditions } from "./conditional.ts";

const modified = "Thu, 15 Jan 2026 12:00:00 GMT";
const before = "Thu, 15 Jan 2026 11:59:59 GMT";
const after = "Thu, 15 Jan 2026 12:00:01 GMT";
// Half a second later than HTTP can say.
const modifiedMs = Date.UTC(2026, 0, 15, 12, 0, 0, 500);
const document: Resource = { kind: "document", length: 3, modifiedMs, createdMs: undefined, etag: '"a,b"' };
const plain: Resource = { ...document, etag: '"plain"' };
const collection: Resource = { kind: "collection", modifiedMs, createdMs: undefined };

type Case = readonly [
  method: string,
  headers: Readonly<Record<string, string>>,
  resource: Resource | undefined,
  kind: string,
];

describe("preconditions (RFC 9110 §13)", () => {
  test.each<Case>([
    ["GET", {}, document, "proceed"],
    // §13.1.1
    ["PUT", { "if-match": '"a,b"' }, document, "proceed"],
    ["PUT", { "if-match": '"x", "a,b"' }, document, "proceed"],
    ["PUT", { "if-match": '"a"' }, document, "failed"],
    ["PUT", { "if-match": 'W/"a,b"' }, document, "failed"],
    ["GET", { "if-match": '"other"' }, document, "failed"],
    ["PUT", { "if-match": "*" }, document, "proceed"],
    ["PUT", { "if-match": "*" }, undefined, "failed"],
    ["PUT", { "if-match": '"a,b"' }, undefined, "failed"],
    ["DELETE", { "if-match": "*" }, collection, "proceed"],
    ["DELETE", { "if-match": '"a,b"' }, collection, "failed"],
    // §13.1.2
    ["GET", { "if-none-match": '"a,b"' }, document, "not-modified"],
    ["HEAD", { "if-none-match": 'W/"a,b"' }, document, "not-modified"],
    ["GET", { "if-none-match": '"a"' }, document, "proceed"],
    ["GET", { "if-none-match": "nonsense" }, document, "proceed"],
    ["GET", { "if-none-match": "*" }, document, "not-modified"],
    ["PUT", { "if-none-match": "*" }, document, "failed"],
    ["PUT", { "if-none-match": "*" }, undefined, "proceed"],
    ["PUT", { "if-none-match": '"a,b"' }, document, "failed"],
    ["MKCOL", { "if-none-match": "*" }, collection, "failed"],
    // One word without quotes is compared as if it had them.
    ["PUT", { "if-none-match": "JoplinIgnore-1" }, document, "proceed"],
    ["PUT", { "if-none-match": "JoplinIgnore-1" }, undefined, "proceed"],
    ["MKCOL", { "if-none-match": "SomeWord-1" }, undefined, "proceed"],
    ["MOVE", { "if-none-match": "SomeWord-1" }, collection, "proceed"],
    ["PUT", { "if-none-match": "plain" }, plain, "failed"],
    ["GET", { "if-none-match": "plain" }, plain, "not-modified"],
    ["PUT", { "if-match": "plain" }, plain, "proceed"],
    ["PUT", { "if-match": "SomeWord-1" }, plain, "failed"],
    ["DELETE", { "if-match": "SomeWord-1" }, undefined, "failed"],
    // §13.1.3
    ["GET", { "if-modified-since": before }, document, "proceed"],
    ["GET", { "if-modified-since": modified }, document, "not-modified"],
    ["HEAD", { "if-modified-since": after }, document, "not-modified"],
    ["GET", { "if-modified-since": "yesterday" }, document, "proceed"],
    ["GET", { "if-modified-since": `${modified}, ${modified}` }, document, "proceed"],
    ["PUT", { "if-modified-since": modified }, document, "proceed"],
    ["GET", { "if-modified-since": modified }, collection, "proceed"],
    // §13.1.4
    ["PUT", { "if-unmodified-since": before }, document, "failed"],
    ["PUT", { "if-unmodified-since": modified }, document, "proceed"],
    ["GET", { "if-unmodified-since": before }, document, "failed"],
    ["PUT", { "if-unmodified-since": "2026-01-15" }, document, "proceed"],
    ["PUT", { "if-unmodified-since": before }, undefined, "proceed"],
    ["DELETE", { "if-unmodified-since": before }, collection, "failed"],
    // §13.2.2: a field of tags comes before one of dates, which is then ignored.
    ["PUT", { "if-match": '"a,b"', "if-unmodified-since": before }, document, "proceed"],
    ["GET", { "if-none-match": '"x"', "if-modified-since": modified }, document, "proceed"],
    ["GET", { "if-match": '"x"', "if-none-match": '"a,b"' }, document, "failed"],
    ["GET", { "if-match": '"a,b"', "if-none-match": '"a,b"' }, document, "not-modified"],
    ["GET", { "if-unmodified-since": before, "if-none-match": '"a,b"' }, document, "failed"],
  ])("%s with %o", (method, headers, resource, kind) => {
    expect(checkPreconditions({ method, fields: new RequestFields(headers) }, resource).kind).toBe(kind);
  });

  test.each<[Record<string, string>, string]>([
    [{ "if-unmodified-since": modified }, "proceed"],
    [{ "if-unmodified-since": before }, "failed"],
    [{ "if-modified-since": modified }, "not-modified"],
    [{ "if-modified-since": before }, "proceed"],
  ])("of a time in the future that of the last change counts: GET with %o", (headers, kind) => {
    const future = { ...document, modifiedMs: modifiedMs + 86_400_000, changedMs: modifiedMs };
    for (const laterMs of [1000, 3_600_000]) {
      const { kind: told } = checkPreconditions(
        { method: "GET", fields: new RequestFields(headers) },
        future,
        modifiedMs + laterMs,
      );
      expect(told).toBe(kind);
    }
  });

  test("a 304 names what it is about (§15.4.5)", () => {
    const result = checkPreconditions(
      { method: "GET", fields: new RequestFields({ "if-none-match": '"a,b"' }) },
      document,
    );
    expect(result).toEqual({ kind: "not-modified", fields: { ETag: '"a,b"' } });
  });

  test.each([
    ["PUT", { "if-match": "a b" }],
    ["GET", { "if-match": '"a' }],
    ["PUT", { "if-none-match": "*, *" }],
    ["DELETE", { "if-none-match": "" }],
  ])("%s with %o is refused with 400, for it cannot be kept", (method, headers) => {
    expect(() => checkPreconditions({ method, fields: new RequestFields(headers) }, document)).toThrow(
      expect.objectContaining({ name: "DavError", status: 400 }),
    );
  });
});
