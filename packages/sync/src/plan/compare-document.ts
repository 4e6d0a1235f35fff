/** Whether a document is the same on both sides, and which side changed: pure functions of what is known. */

import type { SyncRecord } from "../record/sync-record.ts";
import type { DocumentFacts } from "./folder-member.ts";

export interface Comparison {
  readonly direction: "up" | "down";
  readonly local: DocumentFacts;
  readonly remote: DocumentFacts;
  readonly record: SyncRecord | "begun" | undefined;
  /** Whether all was the same once, so that what has no record is new. */
  readonly complete: boolean;
  /** Changes at the destination are replaced too. */
  readonly overwrite: boolean;
  /** How far the server's clock is ahead of ours, in milliseconds. */
  readonly clockAheadMs: number;
}

export type Verdict = "same" | "transfer" | "conflict";

/** What is to be done about a document that both sides have. */
export function compareDocument(comparison: Comparison): Verdict {
  const { direction, local, remote, record, complete, overwrite } = comparison;
  if (record === undefined || record === "begun") {
    const judged = record === undefined && complete ? sameMoment(comparison) : looksSame(comparison);
    if (judged) return "same";
    return record === "begun" || !complete || overwrite ? "transfer" : "conflict";
  }
  const localKept = local.size === record.localSize && local.modifiedMs === record.localModifiedMs;
  const remoteKept = sameRemote(remote, record.remote);
  if (localKept && remoteKept) return "same";
  if (direction === "up" ? remoteKept : localKept) return "transfer";
  // The destination changed. Somebody may have brought it there by other means.
  if (sameMoment(comparison)) return "same";
  return overwrite ? "transfer" : "conflict";
}

/** Whether a resource is what it was: by entity tag, else by length and time, as far as they are known. */
export function sameRemote(now: DocumentFacts, then: DocumentFacts): boolean {
  if (now.etag !== undefined && then.etag !== undefined) return sameTag(now.etag, then.etag);
  if (now.size !== then.size) return false;
  const timesKnown = now.modifiedMs !== undefined && then.modifiedMs !== undefined;
  return !timesKnown || now.modifiedMs === then.modifiedMs;
}

/** Weak comparison (RFC 9110 §8.8.3.2): some servers call a young state's tag weak, and later the same one strong. */
export function sameTag(one: string, other: string | undefined): boolean {
  return other !== undefined && opaque(one) === opaque(other);
}

function opaque(etag: string): string {
  return etag.startsWith("W/") ? etag.slice(2) : etag;
}

/** Servers tell whole seconds, and some file systems keep every other second only. */
const precisionMs = 2000;

/**
 * Same length, and the very time of the resource, as a download leaves it. Upwards it must be that exactly: else what
 * is changed right after it was put would pass for the same.
 */
function sameMoment({ direction, local, remote }: Comparison): boolean {
  if (local.size === undefined || local.size !== remote.size) return false;
  if (local.modifiedMs === undefined || remote.modifiedMs === undefined) return false;
  const apartMs = Math.abs(local.modifiedMs - remote.modifiedMs);
  return direction === "up" ? apartMs === 0 : apartMs < precisionMs;
}

/**
 * Without a record. A resource that was put is younger than the file: by so much that the file cannot have been changed
 * since, even if the clocks differ by the second that `Date` leaves open.
 */
function looksSame(comparison: Comparison): boolean {
  const { direction, local, remote, clockAheadMs } = comparison;
  if (sameMoment(comparison)) return true;
  if (direction === "down" || local.size === undefined || local.size !== remote.size) return false;
  if (local.modifiedMs === undefined || remote.modifiedMs === undefined) return false;
  return remote.modifiedMs - clockAheadMs - local.modifiedMs >= precisionMs;
}
