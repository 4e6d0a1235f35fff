import { expect, test } from "vitest";
import { parseAssignment, parsePropertyName } from "./property-name.ts";

test.each([
  ["{DAV:}displayname", "DAV:", "displayname"],
  ["{urn:example}ü-1.x", "urn:example", "ü-1.x"],
  ["{}plain", "", "plain"],
])("%s is a name", (typed, namespace, local) => {
  expect(parsePropertyName(typed)).toEqual({ namespace, local });
});

test.each([
  "displayname",
  "D:displayname",
  "{DAV:}",
  "{DAV:}a b",
  "{DAV:}1a",
  "{DAV:}a:b",
  "{a{b}c",
  "{a b}c",
  "{DAV:}a>",
])("%j is none", (typed) => {
  expect(() => parsePropertyName(typed)).toThrow(/is no (?:name of a property|namespace)/);
});

test("an = in the namespace or the value is part of it", () => {
  expect(parseAssignment("--set", "{http://h/?a=b}c=d=e\nf")).toEqual({
    name: { namespace: "http://h/?a=b", local: "c" },
    value: "d=e\nf",
  });
  expect(() => parseAssignment("--set", "{DAV:}displayname")).toThrow(/^--set takes {NAMESPACE}NAME=VALUE/);
});
