import { describe, expect, test } from "vitest";
import { ownReference, statusLink } from "./own-reference.ts";

describe("ownReference", () => {
  const base = new URL("https://files.example/team/a?x");
  test.each([
    ["an absolute URL", "https://files.example/ops/1", "https://files.example/ops/1"],
    ["a path", "/ops/1", "https://files.example/ops/1"],
    ["a relative one", "../ops/1", "https://files.example/ops/1"],
    ["the default port", "https://files.example:443/1", "https://files.example/1"],
    ["http of a server that does not know of its TLS", "http://files.example/1", "https://files.example/1"],
    ["a fragment, left out", "/1#x", "https://files.example/1"],
  ])("follows %s", (_what, reference, url) => {
    expect(ownReference(reference, base)?.href).toBe(url);
  });

  test.each([
    ["another host", "https://evil.example/1"],
    ["another port", "https://files.example:8443/1"],
    ["http on another port", "http://files.example:8080/1"],
    ["a host in disguise", "//evil.example/1"],
    ["a back slash", "\\\\evil.example/1"],
    ["credentials", "https://ann:secret@files.example/1"],
    ["no HTTP", "file:///etc/passwd"],
    ["script", "javascript:alert(1)"],
    ["no URL", "https://"],
    ["nothing", " "],
    ["no field", null],
  ])("does not follow %s", (_what, reference) => {
    expect(ownReference(reference, base)).toBeUndefined();
  });

  test("does not leave TLS, nor enter it", () => {
    expect(ownReference("https://files.example/1", new URL("http://files.example/"))).toBeUndefined();
  });
});

describe("statusLink (RFC 8288 §3)", () => {
  const base = new URL("http://h.example/a");
  const at = (link: string) => statusLink(new Headers({ link }), base)?.pathname;
  test.each([
    ["one link", '</s>; rel="status"', "/s"],
    ["a token", "</s>; rel=status", "/s"],
    ["several relations", '</s>; rel="self STATUS"', "/s"],
    ["the second of two", '</o>; rel="next", </s>; rel="status"', "/s"],
    ["a comma in quotes", '</o>; title="a, <b>"; rel=next, </s>; rel=status', "/s"],
    ["other parameters before", '</s>; title="rel=next"; rel=status', "/s"],
    ["another relation", '</o>; rel="next"', undefined],
    ["a relation that only begins so", '</o>; rel="status-code"', undefined],
    ["another origin", '<http://evil.example/s>; rel="status"', undefined],
    ["nothing that closes", '</s; rel="status"', undefined],
    ["quotes that do not close", '</s>; title="; rel="status', undefined],
  ])("reads %s", (_what, link, path) => {
    expect(at(link)).toBe(path);
  });

  test("takes no long time over a hostile field", () => {
    // Reading that goes back would take minutes over these.
    for (const piece of ["<", '<>;"', '<a>;rel="', "<a>;rel=", '\\"', "<a>,;"]) at(piece.repeat(1_000_000));
  });
});
