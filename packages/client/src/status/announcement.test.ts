import { expect, test } from "vitest";
import { hasOperations, keepsAnswerTo } from "./announcement.ts";

type Fields = Readonly<Record<string, string>>;

const dav = (classes: string): Fields => ({ DAV: classes });

test.each<[string, Fields, readonly string[], boolean]>([
  ["the class of our WebDAV server", dav("1, 2, <urn:meanwhile:operations:1>"), ["PUT", "MOVE"], true],
  [
    "the same, where what is left allows it no more",
    { ...dav("<urn:meanwhile:operations:1>"), Allow: "OPTIONS, PUT" },
    ["PUT", "DELETE"],
    true,
  ],
  ["the field of the middleware", { Operations: "1" }, ["POST", "PATCH", "DELETE"], true],
  ["the same, of a resource that has the method", { Operations: "1", Allow: "GET, POST" }, ["POST"], true],
  ["another version", dav("1, <urn:meanwhile:operations:2>"), [], false],
  ["another version of the middleware", { Operations: "2" }, [], false],
  ["a class that only has it within", dav("<x-urn:meanwhile:operations:1>"), [], false],
  ["nothing", {}, [], false],
])("%s", (_what, fields, kept, has) => {
  const headers = new Headers(fields);
  expect(hasOperations(headers)).toBe(has);
  for (const method of kept) expect(keepsAnswerTo(method, headers)).toBe(true);
});

test.each<[string, Fields, string]>([
  ["WebDAV's class says nothing of other methods", dav("<urn:meanwhile:operations:1>"), "POST"],
  ["nor the field of methods that the resource has not", { Operations: "1", Allow: "GET, PUT" }, "POST"],
  ["nor another field", { "Idempotency-Key": "1" }, "POST"],
])("%s", (_what, fields, method) => {
  expect(keepsAnswerTo(method, new Headers(fields))).toBe(false);
});
