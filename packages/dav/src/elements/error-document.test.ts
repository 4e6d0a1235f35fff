import { expect, test } from "vitest";
import type { Condition } from "../error.ts";
import { parseXml } from "../xml/xml-reader.ts";
import { conditionElement, errorDocument } from "./error-document.ts";

const conditions: readonly Condition[] = [
  { code: "lock-token-submitted", lockRoots: ["/a"] },
  { code: "no-conflicting-lock", lockRoots: ["/a/", "/b?x&y"] },
  { code: "lock-token-matches-request-uri" },
  { code: "no-external-entities" },
  { code: "preserved-live-properties" },
  { code: "propfind-finite-depth" },
  { code: "cannot-modify-protected-property" },
  { code: "quota-not-exceeded" },
  { code: "sufficient-disk-space" },
  { code: "valid-resourcetype" },
];

test.each(conditions.map((condition) => [condition.code, condition] as const))(
  "a DAV:error with %s has that one element in the namespace DAV: (RFC 4918 §16)",
  (code, condition) => {
    const root = parseXml(errorDocument(condition));
    expect(root.name).toEqual({ namespace: "DAV:", local: "error" });
    expect(root.children.map(({ name }) => name)).toEqual([{ namespace: "DAV:", local: code }]);
  },
);

test("lock conditions name the roots of the locks, escaped (RFC 4918 §16)", () => {
  expect(conditionElement({ code: "lock-token-submitted", lockRoots: ["/a", "/b?x&y"] })).toBe(
    "<D:lock-token-submitted><D:href>/a</D:href><D:href>/b?x&amp;y</D:href></D:lock-token-submitted>",
  );
  expect(conditionElement({ code: "no-conflicting-lock", lockRoots: [] })).toBe("<D:no-conflicting-lock/>");
});

test("an error without a condition is an empty DAV:error (RFC 4918 §14.5)", () => {
  expect(errorDocument(undefined)).toBe('<?xml version="1.0" encoding="utf-8"?>\n<D:error xmlns:D="DAV:"/>');
});

test("a sentence for people stands beside the condition, escaped, in a namespace of our own (§8.7, §17)", () => {
  const document = errorDocument({ code: "propfind-finite-depth" }, "one <level> & no more");
  expect(document).toContain(
    '<D:propfind-finite-depth/><M:message xmlns:M="urn:meanwhile:error">one &lt;level&gt; &amp; no more</M:message>',
  );
  expect(errorDocument(undefined, "no")).toContain('<D:error xmlns:D="DAV:"><M:message');
});
