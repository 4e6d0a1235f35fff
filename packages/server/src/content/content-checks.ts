/** Checks of an upload's content against what its header declares: digests and length. */
import { createHash, type Hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { badRequest, type DigestAlgorithm, parseDigests } from "@meanwhile/dav";
import { adler32 } from "./adler32.ts";

export interface ContentChecks {
  update(chunk: Uint8Array): void;
  /** @throws {DavError} 400 where a declared digest or length does not fit the bytes that came */
  finish(): void;
}

interface Check {
  readonly name: string;
  update(chunk: Uint8Array): void;
  holds(): boolean;
}

/**
 * `Content-Digest` and `Repr-Digest` (RFC 9530 §2, §3; sha-256 and sha-512), ownCloud's `OC-Checksum` (MD5, SHA1, SHA256,
 * ADLER32), and the Finder's `X-Expected-Entity-Length`. Algorithms that we do not know are ignored, as RFC 9530 §5 wants.
 * @throws {DavError} 400 where one of these fields is malformed
 */
export function contentChecks(headers: IncomingHttpHeaders): ContentChecks {
  return allOf([
    ...ofRequest(headers),
    ...ofWhole(headers),
    ...expectedLength(text(headers["x-expected-entity-length"])),
  ]);
}

/** Of the content of one request, which may be a part of the whole: `Content-Digest`. @throws {DavError} 400 */
export function requestChecks(headers: IncomingHttpHeaders): ContentChecks {
  return allOf(ofRequest(headers));
}

/** Of the whole, which may come in several requests: `Repr-Digest`, `OC-Checksum`. @throws {DavError} 400 */
export function wholeChecks(headers: IncomingHttpHeaders): ContentChecks & { readonly any: boolean } {
  const checks = ofWhole(headers);
  return { ...allOf(checks), any: checks.length > 0 };
}

function ofRequest(headers: IncomingHttpHeaders): readonly Check[] {
  return digests("Content-Digest", text(headers["content-digest"]));
}

function ofWhole(headers: IncomingHttpHeaders): readonly Check[] {
  return [
    ...digests("Repr-Digest", text(headers["repr-digest"])),
    ...ocChecksums(text(headers["oc-checksum"])),
  ];
}

function allOf(checks: readonly Check[]): ContentChecks {
  return {
    update(chunk) {
      for (const check of checks) check.update(chunk);
    },
    finish() {
      const broken = checks.find((check) => !check.holds());
      if (broken) throw badRequest(`the content does not have the declared ${broken.name}`);
    },
  };
}

const digestAlgorithms: Readonly<Record<DigestAlgorithm, string>> = {
  "sha-256": "sha256",
  "sha-512": "sha512",
};

function digests(name: string, value: string | undefined): readonly Check[] {
  return parseDigests(name, value).map(({ algorithm, bytes }) =>
    hashCheck(
      `${name} (${algorithm})`,
      digestAlgorithms[algorithm],
      "base64",
      Buffer.from(bytes).toString("base64"),
    ),
  );
}

const ocAlgorithms: Readonly<Record<string, string>> = { MD5: "md5", SHA1: "sha1", SHA256: "sha256" };

/** `SHA1:hex`, several separated by spaces or commas. */
function ocChecksums(value: string | undefined): readonly Check[] {
  if (value === undefined) return [];
  return value
    .trim()
    .split(/[\s,]+/)
    .flatMap((item) => {
      const [, written = "", checksum = ""] = /^([^:]+):(.*)$/.exec(item) ?? [];
      const name = written.toUpperCase();
      if (name === "") throw badRequest("OC-Checksum is malformed");
      const algorithm = ocAlgorithms[name];
      if (algorithm === undefined && name !== "ADLER32") return [];
      if (!/^[0-9A-Fa-f]+$/.test(checksum)) throw badRequest("OC-Checksum is malformed");
      const wanted = checksum.toLowerCase();
      return [
        algorithm === undefined
          ? adlerCheck(wanted)
          : hashCheck(`OC-Checksum (${name})`, algorithm, "hex", wanted),
      ];
    });
}

function expectedLength(value: string | undefined): readonly Check[] {
  if (value === undefined) return [];
  if (!/^\d{1,15}$/.test(value)) throw badRequest("X-Expected-Entity-Length is malformed");
  let length = 0;
  return [
    {
      name: "X-Expected-Entity-Length",
      update(chunk) {
        length += chunk.length;
      },
      holds: () => length === Number(value),
    },
  ];
}

function hashCheck(name: string, algorithm: string, encoding: "hex" | "base64", wanted: string): Check {
  const hash: Hash = createHash(algorithm);
  return {
    name,
    update(chunk) {
      hash.update(chunk);
    },
    holds: () => hash.digest(encoding) === wanted,
  };
}

function adlerCheck(wanted: string): Check {
  let sum = 1;
  return {
    name: "OC-Checksum (ADLER32)",
    update(chunk) {
      sum = adler32(chunk, sum);
    },
    holds: () => sum.toString(16).padStart(8, "0") === wanted.padStart(8, "0"),
  };
}

function text(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(", ") : value;
}
