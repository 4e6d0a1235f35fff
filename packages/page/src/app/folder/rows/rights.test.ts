import { expect, test } from "vitest";
import { lockOf, mayChange } from "./rights.ts";

const property = (local: string, xml: string, status = 200) => ({
  properties: [{ name: { namespace: "DAV:", local }, status, text: "", xml }],
});
const privileges = (...names: readonly string[]) =>
  property(
    "current-user-privilege-set",
    `<D:current-user-privilege-set xmlns:D="DAV:">${names.map((name) => `<D:privilege><D:${name}/></D:privilege>`).join("")}</D:current-user-privilege-set>`,
  );

test("who may only read may not change; who is told nothing may try", () => {
  expect(mayChange(privileges("read"))).toBe(false);
  expect(mayChange(privileges("read", "write", "write-content"))).toBe(true);
  expect(mayChange(privileges("read", "write-acl"))).toBe(false);
  expect(mayChange(privileges())).toBe(false);
  expect(mayChange({ properties: [] })).toBe(true);
  expect(mayChange(property("current-user-privilege-set", "<x/>", 404))).toBe(true);
});

const locked = (owner: string, timeout = "Second-60") =>
  property(
    "lockdiscovery",
    `<D:lockdiscovery xmlns:D="DAV:"><D:activelock>${owner}<D:timeout>${timeout}</D:timeout></D:activelock></D:lockdiscovery>`,
  );

test.each([
  ["<D:owner>ann</D:owner>", "ann"],
  ["<D:owner><D:href>mailto:ann@files.example</D:href></D:owner>", "mailto:ann@files.example"],
  ['<o:owner xmlns:o="DAV:"> Ann &amp; Bob &lt;b&gt; &#x1F600; </o:owner>', "Ann & Bob <b> 😀"],
  ["<D:owner/>", ""],
  ["", ""],
])("a lock tells its owner: %s", (xml, owner) => {
  expect(lockOf(locked(xml), 0)).toEqual({ owner, until: new Date(60_000) });
});

test("a lock without an end, and none at all", () => {
  expect(lockOf(locked("", "Infinite"), 0)?.until).toBeUndefined();
  expect(lockOf(property("lockdiscovery", '<D:lockdiscovery xmlns:D="DAV:"/>'), 0)).toBeUndefined();
  expect(lockOf({ properties: [] }, 0)).toBeUndefined();
});
