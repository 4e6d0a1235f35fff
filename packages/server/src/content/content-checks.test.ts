import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { RequestFields } from "../request/request-fields.ts";
import { adler32, contentChecks } from "./content-checks.ts";

/** RFC 9530 appendix A: the content of its examples. */
const hello = '{"hello": "world"}';

function check(headers: Record<string, string>, ...chunks: readonly string[]): () => void {
  const checks = contentChecks(new RequestFields(headers));
  for (const chunk of chunks) checks.update(Buffer.from(chunk));
  return () => checks.finish();
}

const sha256 = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";
const sha512 = `sha-512=:${createHash("sha512").update(`${hello}\n`).digest("base64")}:`;

const holding: readonly [name: string, headers: Record<string, string>][] = [
  ["sha-256 (RFC 9530 §2)", { "content-digest": sha256 }],
  ["two algorithms", { "content-digest": `${sha256}, ${sha512}` }],
  ["unknown algorithms are ignored (RFC 9530 §5)", { "content-digest": `md5=:AAAA:, ${sha256},unixsum=::` }],
  ["OC-Checksum by MD5", { "oc-checksum": `MD5:${createHash("md5").update(`${hello}\n`).digest("hex")}` }],
  [
    "OC-Checksum in any case",
    { "oc-checksum": `sha1:${createHash("sha1").update(`${hello}\n`).digest("hex").toUpperCase()}` },
  ],
  ["OC-Checksum of an unknown algorithm", { "oc-checksum": "SHA3-256:00".replace("-", "") }],
  [
    "OC-Checksum of algorithms with other names and values",
    { "oc-checksum": "SHA3-256:zz,CRC32C:AbC= x.y/z:" },
  ],
  [
    "OC-Checksum as a list with commas",
    { "oc-checksum": `SHA3-256:00, MD5:${createHash("md5").update(`${hello}\n`).digest("hex")}` },
  ],
  ["parameters (RFC 9651 §3.1.2)", { "content-digest": `${sha256};a;b="x,y";c=1 , ${sha512};q=:AA==:` }],
  [
    "members of any type with unknown algorithms",
    { "content-digest": `md5="a,b\\"", crc=?1, x, y;z=1, l=("a,b" c);d, n=1.5, ${sha256}` },
  ],
  ["the expected length", { "x-expected-entity-length": "19" }],
  ["nothing declared", {}],
];
test.each(holding)("content holds what it declares by %s", (_name, headers) => {
  expect(check(headers, hello.slice(0, 5), hello.slice(5), "\n")).not.toThrow();
});

const broken: readonly [name: string, headers: Record<string, string>][] = [
  ["a digest of something else", { "content-digest": `sha-256=:${"A".repeat(43)}=:` }],
  ["the second of two", { "content-digest": `${sha256}, sha-512=:AAAA:` }],
  ["an empty digest", { "content-digest": "sha-256=::" }],
  ["a digest with parameters", { "content-digest": `sha-256=:${"A".repeat(43)}=:;a=1` }],
  ["a digest behind a string with a comma", { "content-digest": `x="a, b", sha-256=:${"A".repeat(43)}=:` }],
  ["a checksum in a list with commas", { "oc-checksum": "SHA3-256:00,ADLER32:00000001" }],
  ["the second of two OC-Checksums", { "oc-checksum": "XYZ:00 ADLER32:00000001" }],
  ["a length that is too short", { "x-expected-entity-length": "18" }],
  ["a length that is too long", { "x-expected-entity-length": "20" }],
];
test.each(broken)("content that breaks %s is refused with 400", (_name, headers) => {
  expect(check(headers, hello, "\n")).toThrow(expect.objectContaining({ status: 400 }));
});

const malformed: readonly Record<string, string>[] = [
  { "content-digest": "" },
  { "content-digest": "sha-256" },
  { "content-digest": "sha-256=abc" },
  { "content-digest": "sha-256=:a b:" },
  { "content-digest": `${sha256},` },
  { "content-digest": "sha-256;a=:AA==:" },
  { "content-digest": '"sha-256"=:AA==:' },
  { "oc-checksum": "" },
  { "oc-checksum": ":00" },
  { "oc-checksum": "MD5" },
  { "oc-checksum": "MD5:xyz" },
  { "x-expected-entity-length": "-1" },
  { "x-expected-entity-length": "1e3" },
];
test.each(malformed)("%j is refused before any content is read: 400", (headers) => {
  expect(() => contentChecks(new RequestFields(headers))).toThrow(expect.objectContaining({ status: 400 }));
});

test("Adler-32 of known texts (RFC 1950 §8.2)", () => {
  expect(adler32(Buffer.from(""), 1)).toBe(1);
  expect(adler32(Buffer.from("Wikipedia"), 1)).toBe(0x11e60398);
  expect(check({ "oc-checksum": "ADLER32:11E60398" }, "Wiki", "pedia")).not.toThrow();
});

test("Adler-32 is the sum that its definition says, however the bytes are cut", () => {
  const defined = (bytes: Uint8Array): number => {
    let [a, b] = [1, 0];
    for (const byte of bytes) {
      a = (a + byte) % 65521;
      b = (b + a) % 65521;
    }
    return b * 65536 + a;
  };
  const bytes = fc.uint8Array({ maxLength: 9000 }).map((some) => some.map((byte) => byte | 0xf0));
  fc.assert(
    fc.property(bytes, fc.nat(9000), (all, cut) => {
      expect(adler32(all.subarray(cut), adler32(all.subarray(0, cut), 1))).toBe(defined(all));
    }),
    { numRuns: 30 },
  );
  const largest = new Uint8Array(200_000).fill(255);
  expect(adler32(largest, 1)).toBe(defined(largest));
});
