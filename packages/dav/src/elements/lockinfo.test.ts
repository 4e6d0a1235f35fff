import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ownerLimit, parseLockInfo } from "./lockinfo.ts";

const lockinfo = (content: string): string => `<D:lockinfo xmlns:D="DAV:">${content}</D:lockinfo>`;
const exclusive = "<D:lockscope><D:exclusive/></D:lockscope>";
const write = "<D:locktype><D:write/></D:locktype>";

describe("parseLockInfo", () => {
  test("reads the example of RFC 4918 §9.10.7", () => {
    const text = readFileSync(new URL("fixtures/rfc4918-9.10.7-lock-request.xml", import.meta.url), "utf8");
    expect(parseLockInfo(text)).toEqual({
      scope: "exclusive",
      owner:
        '<D:owner xmlns:D="DAV:">\n    <D:href>http://example.org/~ejw/contact.html</D:href>\n  </D:owner>',
    });
  });

  test.each([
    [exclusive + write, { scope: "exclusive", owner: undefined }],
    [write + exclusive, { scope: "exclusive", owner: undefined }],
    [`<D:lockscope><D:shared/></D:lockscope>${write}`, { scope: "shared", owner: undefined }],
    [`${exclusive}${write}<D:owner/>`, { scope: "exclusive", owner: '<D:owner xmlns:D="DAV:"/>' }],
    [`${exclusive}${write}<owner/><D:x/>`, { scope: "exclusive", owner: undefined }],
    [`<D:lockscope><x/><D:exclusive/></D:lockscope>${write}`, { scope: "exclusive", owner: undefined }],
  ])("%s (RFC 4918 §14.11)", (content, info) => {
    expect(parseLockInfo(lockinfo(content))).toEqual(info);
  });

  test.each([
    "",
    "<lockinfo/>",
    lockinfo(""),
    lockinfo(exclusive),
    lockinfo(write),
    lockinfo(exclusive + exclusive + write),
    lockinfo(exclusive + write + write),
    lockinfo(`${exclusive}${write}<D:owner/><D:owner/>`),
    lockinfo("<D:lockscope>"),
  ])("%j is refused with 400 (RFC 4918 §14.11)", (text) => {
    expect(() => parseLockInfo(text)).toThrow(expect.objectContaining({ status: 400 }));
  });

  test.each([
    `${exclusive}<D:locktype><D:read/></D:locktype>`,
    `${exclusive}<D:locktype/>`,
    `${exclusive}<D:locktype><write/></D:locktype>`,
    `<D:lockscope><D:local/></D:lockscope>${write}`,
    `<D:lockscope/>${write}`,
    `<D:lockscope><D:exclusive/><D:shared/></D:lockscope>${write}`,
  ])("%s is understood, but is no lock that there is: 422 (RFC 4918 §11.2)", (content) => {
    expect(() => parseLockInfo(lockinfo(content))).toThrow(expect.objectContaining({ status: 422 }));
  });

  test("takes an owner as long as the limit says, and not one character more", () => {
    const owner = (length: number): string => {
      const empty = '<owner xmlns="DAV:"></owner>';
      return lockinfo(`${exclusive}${write}${empty.replace("><", `>${"x".repeat(length - empty.length)}<`)}`);
    };
    expect(parseLockInfo(owner(ownerLimit)).owner).toHaveLength(ownerLimit);
    expect(() => parseLockInfo(owner(ownerLimit + 1))).toThrow(expect.objectContaining({ status: 413 }));
  });
});
