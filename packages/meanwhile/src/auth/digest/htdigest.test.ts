import { describe, expect, test } from "vitest";
import { parseHtdigest } from "./htdigest.ts";

const md5 = "0".repeat(32);
const sha256 = "A".repeat(64);

describe("an htdigest file", () => {
  test("has MD5 and SHA-256 hashes, told by their length", () => {
    const parsed = parseHtdigest(
      `ann:Files:${md5}\nann:Files:${sha256}\nbob ray:Files:${sha256}\nbob ray:Files:${md5}`,
      undefined,
    );
    expect(parsed.realm).toBe("Files");
    expect(parsed.algorithms).toEqual(["SHA-256", "MD5"]);
    expect(parsed.users.get("ann")).toEqual({ MD5: md5, "SHA-256": sha256.toLowerCase() });
    expect([...parsed.users.keys()]).toEqual(["ann", "bob ray"]);
  });

  test("only an algorithm that every user has a hash for is offered", () => {
    expect(parseHtdigest(`ann:Files:${md5}`, undefined).algorithms).toEqual(["MD5"]);
    const mixed = parseHtdigest(`ann:Files:${md5}\nann:Files:${sha256}\nbob:Files:${sha256}`, undefined);
    expect(mixed.algorithms).toEqual(["SHA-256"]);
    expect(() => parseHtdigest(`ann:Files:${md5}\nbob:Files:${sha256}`, undefined)).toThrow(
      "give all the same kind",
    );
  });

  test("users of other realms are left out", () => {
    const text = `ann:Files:${md5}\nbob:Other:${md5}`;
    expect([...parseHtdigest(text, "Other").users.keys()]).toEqual(["bob"]);
    expect(() => parseHtdigest(text, undefined)).toThrow('choose one with --realm: "Files", "Other"');
    expect(() => parseHtdigest(text, "Third")).toThrow('names no user of the realm "Third"');
  });

  test.each([
    ["ann:Files", "line 1: is not name:realm:hash"],
    [`ann:Files:${md5}0`, "line 1: is not name:realm:hash"],
    ["ann:Files:secret", "line 1: is not name:realm:hash"],
    [`:Files:${md5}`, "line 1: is not name:realm:hash"],
    [`ann:a:b:${md5}`, "line 1: is not name:realm:hash"],
    [`ann:Files:${md5}\n\nann:Files:${md5}`, 'line 3: "ann" has two MD5 hashes'],
    [`ann:Fi"les:${md5}`, "must be printable ASCII without quotes"],
    [`ann::${md5}`, "must be printable ASCII"],
    ["", "names no user"],
  ])("%j is refused", (text, message) => expect(() => parseHtdigest(text, undefined)).toThrow(message));
});
