/** Checks of an upload's content against what its header declares: digests and length. */
import { createHash, type Hash } from "node:crypto";
import { badRequest, type Digest, type DigestAlgorithm } from "@meanwhile/dav";
import type { RequestFields } from "../request/request-fields.ts";
import type { OcChecksum } from "./oc-checksum.ts";

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
export function contentChecks(fields: RequestFields): ContentChecks {
  return allOf([...ofRequest(fields), ...ofWhole(fields), ...expectedLength(fields.expectedLength)]);
}

/** Of the content of one request, which may be a part of the whole: `Content-Digest`. @throws {DavError} 400 */
export function requestChecks(fields: RequestFields): ContentChecks & { readonly any: boolean } {
  const checks = ofRequest(fields);
  return { any: checks.length > 0, ...allOf(checks) };
}

/** Of the whole, which may come in several requests: `Repr-Digest`, `OC-Checksum`. @throws {DavError} 400 */
export function wholeChecks(fields: RequestFields): ContentChecks & { readonly any: boolean } {
  const checks = ofWhole(fields);
  return { any: checks.length > 0, ...allOf(checks) };
}

function ofRequest(fields: RequestFields): readonly Check[] {
  return digests("Content-Digest", fields.contentDigests);
}

function ofWhole(fields: RequestFields): readonly Check[] {
  return [...digests("Repr-Digest", fields.reprDigests), ...fields.ocChecksums.map(ocCheck)];
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

function digests(name: string, declared: readonly Digest[]): readonly Check[] {
  return declared.map(({ algorithm, bytes }) =>
    hashCheck(
      `${name} (${algorithm})`,
      digestAlgorithms[algorithm],
      "base64",
      Buffer.from(bytes).toString("base64"),
    ),
  );
}

function ocCheck({ algorithm, checksum }: OcChecksum): Check {
  if (algorithm === "ADLER32") return adlerCheck(checksum);
  return hashCheck(`OC-Checksum (${algorithm})`, algorithm.toLowerCase(), "hex", checksum);
}

function expectedLength(expected: number | undefined): readonly Check[] {
  if (expected === undefined) return [];
  let length = 0;
  return [
    {
      name: "X-Expected-Entity-Length",
      update(chunk) {
        length += chunk.length;
      },
      holds: () => length === expected,
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

/** The Adler-32 checksum (RFC 1950 §8.2), continued from `sum`; begin with 1. */
export function adler32(bytes: Uint8Array, sum: number): number {
  let low = sum & 0xffff;
  let high = sum >>> 16;
  // 3800 additions fit into 32 bits before the sums must be reduced.
  for (let start = 0; start < bytes.length; start += 3800) {
    const end = Math.min(start + 3800, bytes.length);
    for (let index = start; index < end; index += 1) {
      low += bytes[index] ?? 0;
      high += low;
    }
    low %= 65521;
    high %= 65521;
  }
  return ((high << 16) | low) >>> 0;
}
