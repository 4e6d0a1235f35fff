import { expect, test } from "vitest";
import { describeHolder, readActiveLocks } from "./lock-holder.ts";

// RFC 4918 §15.8.1, with an owner as other clients write it.
const lockdiscovery = `<D:lockdiscovery xmlns:D='DAV:'>
  <D:activelock>
    <D:locktype><D:write/></D:locktype>
    <D:lockscope><D:exclusive/></D:lockscope>
    <D:depth>0</D:depth>
    <D:owner><D:href>mailto:ann@example.com</D:href>
      Ann</D:owner>
    <D:timeout>Second-604800</D:timeout>
    <D:locktoken><D:href>urn:uuid:f81de2ad</D:href></D:locktoken>
    <D:lockroot><D:href>http://www.example.com/container/</D:href></D:lockroot>
  </D:activelock>
  <D:activelock><D:lockscope><D:shared/></D:lockscope><D:timeout>Infinite</D:timeout></D:activelock>
</D:lockdiscovery>`;

test("the locks on a resource are read, and what is not told is left open (RFC 4918 §15.8)", () => {
  expect(readActiveLocks(lockdiscovery)).toEqual([
    {
      scope: "exclusive",
      depth: "0",
      owner: "Ann mailto:ann@example.com",
      timeoutSeconds: 604_800,
      token: "urn:uuid:f81de2ad",
      root: "http://www.example.com/container/",
    },
    { scope: "shared", depth: "", owner: "", timeoutSeconds: undefined, token: "", root: "" },
  ]);
  expect(readActiveLocks('<lockdiscovery xmlns="DAV:"/>')).toEqual([]);
});

test("the holder is told in a few harmless words", () => {
  const [lock] = readActiveLocks(lockdiscovery);
  if (lock === undefined) throw new Error("no lock");
  expect(describeHolder(lock)).toBe("by Ann mailto:ann@example.com for 7 d 0 h");
  expect(describeHolder({ ...lock, owner: "\u001B[2J", timeoutSeconds: undefined })).toBe("by \\x1b[2J");
  expect(describeHolder({ ...lock, owner: "", timeoutSeconds: 60 })).toBe("by somebody for 1:00");
});
