import type { CollectionResource, DocumentResource } from "@meanwhile/server/store";
import type { Facts } from "../calls/file-facts.ts";

/** A directory as a collection. */
export function collectionResource(stats: Facts): CollectionResource {
  return { kind: "collection", ...times(stats) };
}

/** A regular file as a document. @param etag where it has another than {@link entityTag} */
export function documentResource(stats: Facts, etag: string = entityTag(stats)): DocumentResource {
  return { kind: "document", length: Number(stats.size), etag, ...times(stats) };
}

/**
 * The strong entity tag of a file (RFC 9110 §8.8.1): inode, size, and the nanoseconds of its last modification and
 * of its last change. The last of these moves with every write, rename and change of times, and no program can set
 * it; so content of the same size, put within the same second or with its old time of modification set again,
 * has another tag.
 */
export function entityTag(stats: Facts): string {
  return `"${tagBytes(stats).toString("base64url")}"`;
}

/** What the tag of a file is made of, until the next call. */
export function tagBytes(stats: Pick<Facts, "ino" | "size" | "mtimeNs" | "ctimeNs">): Buffer {
  parts[0] = stats.ino;
  parts[1] = stats.size;
  parts[2] = stats.mtimeNs;
  parts[3] = stats.ctimeNs;
  return bytes;
}

/** Milliseconds as the seconds that the system's calls take, so that they come out as the same milliseconds. */
export function toSeconds(milliseconds: number): number {
  // Half a microsecond more, for the calls cut off what a binary fraction lacks.
  return (milliseconds + 0.0005) / 1000;
}

const parts = new BigUint64Array(4);
const bytes = Buffer.from(parts.buffer);

function times(stats: Facts): Pick<DocumentResource, "modifiedMs" | "changedMs" | "createdMs"> {
  return {
    modifiedMs: Number(stats.mtimeMs),
    changedMs: Number(stats.ctimeMs),
    createdMs: stats.birthtimeMs > 0n ? Number(stats.birthtimeMs) : undefined,
  };
}
