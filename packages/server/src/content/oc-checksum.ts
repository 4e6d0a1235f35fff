/** ownCloud's `OC-Checksum`: `SHA1:hex`, several separated by spaces or commas. */
import { badRequest } from "@meanwhile/dav";

const algorithms = ["MD5", "SHA1", "SHA256", "ADLER32"] as const;

export interface OcChecksum {
  readonly algorithm: (typeof algorithms)[number];
  /** Hexadecimal, in lower case. */
  readonly checksum: string;
}

/** @returns those whose algorithm is known. @throws {DavError} 400 */
export function parseOcChecksums(value: string | undefined): readonly OcChecksum[] {
  if (value === undefined) return [];
  return value
    .trim()
    .split(/[\s,]+/)
    .flatMap((item) => {
      const [, written = "", checksum = ""] = /^([^:]+):(.*)$/.exec(item) ?? [];
      if (written === "") throw malformed();
      const algorithm = algorithms.find((name) => name === written.toUpperCase());
      if (algorithm === undefined) return [];
      if (!/^[0-9A-Fa-f]+$/.test(checksum)) throw malformed();
      return [{ algorithm, checksum: checksum.toLowerCase() }];
    });
}

function malformed(): Error {
  return badRequest("OC-Checksum is malformed");
}
