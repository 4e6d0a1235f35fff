import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findNetrcEntry, NetrcError } from "./netrc.ts";

const ordinary = `
# comment machine files.example login no password no
machine other.example login bob password b0b
machine files.example
  login ann
  password s3cret
machine files.example login carl password carls account ignored
default login guest password guest
`;

describe("~/.netrc", () => {
  test.each([
    ["files.example", undefined, { login: "ann", password: "s3cret" }],
    ["FILES.example", undefined, { login: "ann", password: "s3cret" }],
    ["files.example", "carl", { login: "carl", password: "carls" }],
    ["files.example", "zoe", undefined],
    ["other.example", undefined, { login: "bob", password: "b0b" }],
    ["third.example", undefined, { login: "guest", password: "guest" }],
    ["third.example", "guest", { login: "guest", password: "guest" }],
  ])("for %s, login %s, it has %j", (host, login, entry) => {
    expect(findNetrcEntry(ordinary, host, login)).toEqual(entry);
  });

  test.each([
    ['machine h login ann password "two words"', "two words"],
    ['machine h login ann password "a \\"quote\\" and \\\\"', 'a "quote" and \\'],
    ['machine h login ann password "tab\\there\\n"', "tab\there\n"],
    ['machine h login ann password in"side', 'in"side'],
    ["machine h login ann password #no-comment", "#no-comment"],
    ["machine h login ann password\nsplit", "split"],
    ["machine\th\r\nlogin\tann\r\npassword\tcrlf\r\n", "crlf"],
    ["\uFEFFmachine h login ann password bom", "bom"],
    ["macdef init\ncd /machine h login evil password evil\n\nmachine h login ann password behind", "behind"],
    ["machine h macdef init\nmachine h login evil\n\nmachine h login ann password p", undefined],
  ])("%j has the password %j", (content, password) => {
    expect(findNetrcEntry(content, "h")?.password).toBe(password);
  });

  test("a machine without a login is for everybody", () => {
    expect(findNetrcEntry("machine h password p", "h", "ann")).toEqual({ password: "p" });
  });

  test.each([
    ["machine", /^line 1: machine needs a value$/],
    ["machine h login", /^line 1: login needs a value$/],
    ["machine h\npassword p\nuser ann", /^line 3: login or password is expected there$/],
    ["login ann", /^line 1: machine or default is expected there$/],
    ['machine h password "open', /^line 1: a quote that does not end, at column 19$/],
  ])("%j is not understood", (content, message) => {
    expect(() => findNetrcEntry(content, "h")).toThrow(NetrcError);
    expect(() => findNetrcEntry(content, "h")).toThrow(message);
  });

  test("what is wrong behind the entry does not matter", () => {
    expect(findNetrcEntry("machine h login ann password p\nmachine", "h")).toEqual({
      login: "ann",
      password: "p",
    });
  });

  test("no message has a password in it, whatever the file is", () => {
    const words = fc.constantFrom(
      "machine",
      "login",
      "password",
      "default",
      "macdef",
      "h",
      "SECRET",
      '"',
      "\n",
      '"SECRET',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), (parts) => {
        try {
          findNetrcEntry(parts.join(" "), "h");
        } catch (error) {
          expect(error).toBeInstanceOf(NetrcError);
          expect(String(error)).not.toContain("SECRET");
        }
      }),
    );
  });
});
