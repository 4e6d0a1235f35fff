/** Checks of an upload's content against what its header declares: digests and length. */
import { createHash, type Hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { badRequest } from "@meanwhile/dav";
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

/**
 * A dictionary of byte sequences (RFC 9651 §3.2): `sha-256=:BASE64:, sha-512=:BASE64:`. Parameters say nothing here, and
 * what stands with an algorithm that is not known may be anything.
 */
function contentDigests(value: string | undefined): readonly Check[] {
  if (value === undefined) return [];
  return dictionaryMembers(value).flatMap((member) => {
    const key = /^[a-z*][a-z0-9_.*-]*(?=[=;]|$)/.exec(member)?.[0];
    if (key === undefined) throw badRequest("Content-Digest is malformed");
    const algorithm = digestAlgorithms[key];
    if (algorithm === undefined) return [];
    const digest = /^=:([A-Za-z0-9+/]*={0,2}):\s*(?:;.*)?$/.exec(member.slice(key.length))?.[1];
    if (digest === undefined) throw badRequest("Content-Digest is malformed");
    return [hashCheck(`Content-Digest (${key})`, algorithm, "base64", digest)];
  });
}

/** The members of a dictionary: between commas that stand in no string and in no inner list. */
function dictionaryMembers(value: string): readonly string[] {
  const members = value.match(/(?:"(?:[^"\\]|\\.)*"|\([^)]*\)|[^,"(])+|,(?=\s*(?:,|$))/g) ?? [""];
  return members.map((member) => member.trim());
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
