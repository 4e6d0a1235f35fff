import { expect, test } from "vitest";
import { parsePath } from "../path.ts";
import { parseXml } from "../xml/xml-reader.ts";
import { activeLock, lockDiscovery, lockDocument, supportedLock } from "./active-lock.ts";
import type { Lock } from "./lock.ts";

const lock: Lock = {
  token: "urn:uuid:e71d4fae-5dec-22d6-fea5-00a0c91e6be4",
  root: parsePath("/workspace/webdav/proposal.doc"),
  scope: "exclusive",
  depth: "infinity",
  owner: '<x:owner xmlns:x="DAV:">  &#65;<!-- me -->  </x:owner>',
  principal: undefined,
  timeoutSeconds: 3600,
  expiresAtMs: 3_600_000,
};

test("activeLock shows a lock, its owner's element as it came (RFC 4918 §14.1, §14.17)", () => {
  expect(activeLock(lock, "/a%20b?x&y", 0)).toBe(
    "<D:activelock><D:locktype><D:write/></D:locktype><D:lockscope><D:exclusive/></D:lockscope>" +
      '<D:depth>infinity</D:depth><x:owner xmlns:x="DAV:">  &#65;<!-- me -->  </x:owner>' +
      "<D:timeout>Second-3600</D:timeout>" +
      "<D:locktoken><D:href>urn:uuid:e71d4fae-5dec-22d6-fea5-00a0c91e6be4</D:href></D:locktoken>" +
      "<D:lockroot><D:href>/a%20b?x&amp;y</D:href></D:lockroot></D:activelock>",
  );
});

test("activeLock leaves out an owner that is not there (RFC 4918 §14.1)", () => {
  const text = activeLock({ ...lock, owner: undefined, scope: "shared", depth: "0" }, "/a", 0);
  expect(text).toContain("<D:lockscope><D:shared/></D:lockscope><D:depth>0</D:depth><D:timeout>");
});

test.each([
  [0, "Second-3600"],
  [1, "Second-3600"],
  [1000, "Second-3599"],
  [3_599_999, "Second-1"],
  [3_600_000, "Second-0"],
  [9_999_999, "Second-0"],
])("at %i ms, what remains of an hour is %s (RFC 4918 §14.29)", (nowMs, timeout) => {
  expect(activeLock(lock, "/a", nowMs)).toContain(`<D:timeout>${timeout}</D:timeout>`);
});

test("lockDiscovery is the whole element, empty without locks (RFC 4918 §15.8)", () => {
  expect(lockDiscovery([])).toBe("<D:lockdiscovery/>");
  expect(lockDiscovery(["<D:activelock/>", "<D:activelock/>"])).toBe(
    "<D:lockdiscovery><D:activelock/><D:activelock/></D:lockdiscovery>",
  );
});

test("lockDocument is a document of its own, which binds its prefix (RFC 4918 §9.10.1)", () => {
  const root = parseXml(lockDocument([activeLock(lock, "/a", 0)]));
  expect(root.name).toEqual({ namespace: "DAV:", local: "prop" });
  expect(root.children[0]?.children[0]?.children.map(({ name }) => name.local)).toEqual([
    "locktype",
    "lockscope",
    "depth",
    "owner",
    "timeout",
    "locktoken",
    "lockroot",
  ]);
});

test("supportedLock offers exclusive and shared write locks (RFC 4918 §15.10)", () => {
  const root = parseXml(`<D:prop xmlns:D="DAV:">${supportedLock}</D:prop>`).children[0];
  expect(root?.name.local).toBe("supportedlock");
  expect(
    root?.children.map(({ children }) => children.map((child) => child.children[0]?.name.local)),
  ).toEqual([
    ["exclusive", "write"],
    ["shared", "write"],
  ]);
});
