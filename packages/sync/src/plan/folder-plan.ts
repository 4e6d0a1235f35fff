import type { SyncRecord } from "../record/sync-record.ts";
import type { DocumentFacts } from "./folder-member.ts";

/** Where a member is on both sides. `path` is for people. */
export interface MemberPlace {
  /** As the source names it, relative to the folder; "" is the folder itself. */
  readonly path: string;
  /** Relative to the local folder, "/" between names. */
  readonly local: string;
  /** Of the resource; a collection's ends in "/". */
  readonly href: string;
}

/** A document whose content goes to the other side. */
export interface Transfer extends MemberPlace {
  readonly source: DocumentFacts;
  /** What is replaced; undefined where nothing is there. */
  readonly replaced: DocumentFacts | undefined;
  /**
   * What the server had when both sides were last the same, and whether the local file changed since; where it does not
   * list the document now. Some servers list fewer names than they have.
   */
  readonly before?: { readonly facts: DocumentFacts; readonly changed: boolean };
}

/** A member of the destination that the source has not. */
export interface Removal extends MemberPlace {
  readonly kind: "document" | "collection";
  readonly facts: DocumentFacts;
}

/** All that is to be done, in the order of doing it. */
export interface FolderPlan {
  /** What is in the way of something of another type: removed first, parents first. */
  readonly inTheWay: readonly Removal[];
  /** Collections to create, parents first. */
  readonly collections: readonly MemberPlace[];
  readonly transfers: readonly Transfer[];
  /** Removed last, parents first. */
  readonly removals: readonly Removal[];
}

/** What {@link planCollection} is told of one collection on both sides. */
export interface PlanPolicy {
  readonly direction: "up" | "down";
  readonly delete: boolean;
  /** Something may take the place of another type. */
  readonly replace: boolean;
  readonly overwrite: boolean;
  readonly clockAheadMs: number;
}

/** A record that was found to hold. */
export interface FoundSame {
  readonly local: string;
  readonly record: SyncRecord;
}
