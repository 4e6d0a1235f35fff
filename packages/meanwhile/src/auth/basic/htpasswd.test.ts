import { describe, expect, test } from "vitest";
import { parseHtpasswd } from "./htpasswd.ts";

const hash = `$2y$05$${"a".repeat(53)}`;

describe("an htpasswd file", () => {
  test("has a name and a bcrypt hash a line", () => {
    const text = `\uFEFF# users\r\nann:${hash}\r\n\r\nBob Ray:${hash.replace("2y", "2b")}\r\ne\u0301va:${hash.replace("2y", "2a")}`;
    expect([...parseHtpasswd(text).keys()]).toEqual(["ann", "Bob Ray", "\u00e9va"]);
  });

  test.each([
    ["MD5", "ann:$apr1$abcdefgh$0123456789012345678901"],
    ["SHA-1", "ann:{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk="],
    ["crypt", "ann:rqXexS6ZhobKA"],
    ["plain", "ann:secret"],
    ["empty", "ann:"],
    ["2x", `ann:${hash.replace("2y", "2x")}`],
    ["cut off", `ann:${hash.slice(0, -1)}`],
    ["followed by more", `ann:${hash}:x`],
  ])("a %s password is refused with its line", (_kind, line) => {
    expect(() => parseHtpasswd(`# one\nbob:${hash}\n${line}`)).toThrow(
      "line 3: the password is not hashed with bcrypt",
    );
  });

  test.each([
    ["ann", "line 1: is not name:hash"],
    [`:${hash}`, "line 1: is not name:hash"],
    [`ann:${hash}\nann:${hash}`, 'line 2: "ann" is there twice'],
    [`ann:${hash.replace("$05$", "$17$")}`, "line 1: the bcrypt cost must be between 4 and 16"],
    [`ann:${hash.replace("$05$", "$03$")}`, "line 1: the bcrypt cost must be between 4 and 16"],
    ["# nobody\n", "names no user"],
    ["", "names no user"],
  ])("%j is refused", (text, message) => expect(() => parseHtpasswd(text)).toThrow(message));
});
