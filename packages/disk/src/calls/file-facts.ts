import { type BigIntStats, lstatSync } from "node:fs";
import { devNull } from "node:os";

/** A path, as text or, where a name in it is not valid UTF-8, as bytes. */
export type FilePath = string | Uint8Array;

/** What a listing tells of a file or directory. */
export type Facts = Pick<
  BigIntStats,
  "mode" | "ino" | "size" | "mtimeMs" | "mtimeNs" | "ctimeMs" | "ctimeNs" | "birthtimeMs"
>;

/** Facts that a message carried: between threads the fields of an object go, and its methods do not. */
export function asStats(fields: object): BigIntStats {
  prototype ??= Object.getPrototypeOf(lstatSync(devNull, { bigint: true })) as BigIntStats;
  return Object.setPrototypeOf(fields, prototype) as BigIntStats;
}

let prototype: BigIntStats | undefined;
