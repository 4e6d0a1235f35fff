/** Checks of an upload's content against what its header declares: digests and length. */
import { createHash, type Hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { badRequest } from "@meanwhile/dav/error";
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
 * `Content-Digest` (RFC 9530 §2; sha-256 and sha-512), ownCloud's `OC-Checksum` (MD5, SHA1, SHA256, ADLER32), and
 * the Finder's `X-Expected-Entity-Length`. Algorithms that we do not know are ignored, as RFC 9530 §5 wants.
 * @throws {DavError} 400 where one of these fields is malformed
 */
export function contentChecks(headers: IncomingHttpHeaders): ContentChecks {
  const checks = [
    ...contentDigests(text(headers["content-digest"])),
    ...ocChecksums(text(headers["oc-checksum"])),
    ...expectedLength(text(headers["x-expected-entity-length"])),
  ];
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

const digestAlgorithms: Readonly<Record<string, string>> = { "sha-256": "sha256", "sha-512": "sha512" };

/** A dictionary of byte sequences (RFC 9651): `sha-256=:BASE64:, sha-512=:BASE64:`. */
function contentDigests(value: string | undefined): readonly Check[] {
  if (value === undefined) return [];
  return value.split(",").flatMap((member) => {
    const match = /^\s*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):\s*$/.exec(member);
    if (!match) throw badRequest("Content-Digest is malformed");
    const algorithm = digestAlgorithms[match[1] ?? ""];
    return algorithm === undefined
      ? []
      : [hashCheck(`Content-Digest (${match[1]})`, algorithm, "base64", match[2] ?? "")];
  });
}

const ocAlgorithms: Readonly<Record<string, string>> = { MD5: "md5", SHA1: "sha1", SHA256: "sha256" };

/** `SHA1:hex`, several separated by spaces. */
function ocChecksums(value: string | undefined): readonly Check[] {
  if (value === undefined) return [];
  return value
    .trim()
    .split(/\s+/)
    .flatMap((item) => {
      const match = /^([A-Za-z0-9]+):([0-9A-Fa-f]+)$/.exec(item);
      if (!match) throw badRequest("OC-Checksum is malformed");
      const name = (match[1] ?? "").toUpperCase();
      const wanted = (match[2] ?? "").toLowerCase();
      if (name === "ADLER32") return [adlerCheck(wanted)];
      const algorithm = ocAlgorithms[name];
      return algorithm === undefined ? [] : [hashCheck(`OC-Checksum (${name})`, algorithm, "hex", wanted)];
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
