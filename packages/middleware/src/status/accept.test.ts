import fc from "fast-check";
import { expect, test } from "vitest";
import { preferredType } from "./accept.ts";

const offered = ["application/json", "text/html", "text/event-stream"] as const;

test.each([
  [undefined, "application/json"],
  ["", "application/json"],
  ["*/*", "application/json"],
  ["text/html", "text/html"],
  ["TEXT/HTML", "text/html"],
  ["text/event-stream", "text/event-stream"],
  ["text/*", "text/html"],
  ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"],
  ["text/html;q=0.5, application/json;q=0.4", "text/html"],
  ["text/html;q=0.5, application/json ; q=0.6", "application/json"],
  ["*/*;q=0.1, text/event-stream;q=0.2", "text/event-stream"],
  ["application/json;q=0, */*", "text/html"],
  ["text/html;charset=utf-8;q=1, */*;q=0.5", "text/html"],
  ["image/png", "application/json"],
  ["text/html;q=0, application/json;q=0, text/event-stream;q=0", "application/json"],
  ["text/html;q=2, text/event-stream;q=0.1", "text/event-stream"],
  ["text/html;q=0.1234, text/event-stream;q=0.1", "text/event-stream"],
  [`text/html,${" ".repeat(5000)}`, "application/json"],
])("Accept %j prefers %s (RFC 9110 §12.5.1)", (accept, type) => {
  expect(preferredType(accept, offered)).toBe(type);
});

test("whatever the field says, one of those offered is chosen", () => {
  fc.assert(fc.property(fc.string(), (accept) => offered.includes(preferredType(accept, offered))));
});
