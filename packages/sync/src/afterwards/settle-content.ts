import { MemberError } from "../folders/folder-work.ts";
import { strongTag } from "../local/part-name.ts";
import { sameTag } from "../plan/compare-document.ts";
import type { FolderMember } from "../plan/folder-member.ts";
import type { MemberPlace } from "../plan/folder-plan.ts";
import type { SyncRecord } from "../record/sync-record.ts";
import type { SyncState } from "../record/sync-state.ts";
import type { FolderTally } from "../run/folder-tally.ts";
import type { WrittenMember } from "./written-members.ts";

/** Where content was written, and what is asked about it. */
export interface SettlingContent {
  readonly direction: "up" | "down";
  /** Whether the destination has so many bytes of a document that was put, and they are its first ones. */
  readonly isOnlyBeginning: (place: MemberPlace, record: SyncRecord, length: number) => Promise<boolean>;
  readonly state: SyncState | undefined;
  readonly tally: FolderTally;
  /** As clockAhead(). */
  readonly clockAheadMs: () => Promise<number>;
}

/** `Date` and modification times are in whole seconds. */
const precisionMs = 2000;

/**
 * Takes what the server lists of a document that was just put for the same as the local file, whatever the server made of
 * its content: else that would be a change at the destination in each work from now on. What another changed after we put
 * it stays a change, and what the server has nothing or only the beginning of has failed.
 */
export async function settleContent(
  { direction, state, tally, clockAheadMs, isOnlyBeginning }: SettlingContent,
  { place, record, endedMs }: WrittenMember,
  listed: FolderMember,
): Promise<void> {
  if (direction === "down" || record === undefined || listed.kind !== "document") return;
  const { localSize: sent, remote } = record;
  const { size, modifiedMs, etag } = listed;
  const fail = async (what: string): Promise<void> => {
    await state?.begin(place.local);
    const message = `the server took its ${sent} bytes, and has ${what} of them`;
    tally.failed(place.path, new MemberError("length-differs", message));
  };
  if (size === 0 && sent > 0) return fail("none");
  const sameSize = size === undefined || size === sent;
  const bothTags = remote.etag !== undefined && etag !== undefined;
  const sameTags = bothTags && sameTag(remote.etag ?? "", etag);
  if (!sameSize || (bothTags && !sameTags)) {
    const isOurs =
      sameTags ||
      (modifiedMs === undefined
        ? strongTag(remote.etag) === undefined
        : modifiedMs - (await clockAheadMs()) <= endedMs + precisionMs);
    if (!isOurs) return;
  }
  if (size !== undefined && size < sent && (await isOnlyBeginning(place, record, size)))
    return fail(`only the first ${size}`);
  if (!sameSize) tally.rewritten(place.path, sent, size);
  if (sameTags || (etag === undefined && remote.etag !== undefined && sameSize)) return;
  await state?.same(place.local, {
    ...record,
    remote: {
      ...(size !== undefined && { size }),
      ...(modifiedMs !== undefined && { modifiedMs }),
      ...(etag !== undefined && { etag }),
    },
  });
}
