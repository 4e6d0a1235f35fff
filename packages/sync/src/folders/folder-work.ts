/** What moving many documents looks like from outside: the same shape as a long request. */

/** How far the work on a folder is. Only the latest is kept. */
export interface FolderProgress {
  /** Both sides are looked at; content and collections are made; what the source has not is deleted. */
  readonly stage: "listing" | "transferring" | "deleting";
  /** Documents to transfer. `total` is undefined until both sides are known. */
  readonly documents: { readonly done: number; readonly total?: number };
  /** Their bytes. A document whose length nobody knows counts from what has come. */
  readonly bytes: { readonly done: number; readonly total?: number };
  /** Members that were compared so far. */
  readonly compared: number;
  /** Documents that were the same already. */
  readonly skipped: number;
  /** Members deleted, and to delete. */
  readonly deleted: { readonly done: number; readonly total?: number };
  readonly failures: number;
  /** Paths under way now, the oldest first. */
  readonly current: readonly string[];
  /** Members that the server has dealt with in the present request, such as a DELETE of a large collection. */
  readonly processing?: { readonly done: number; readonly total?: number };
}

/** Why a member is not on the other side as it should be. */
export type MemberProblemCode =
  /** Both sides changed since the last time, or only the destination did. */
  | "conflict"
  /** A document on one side, a collection on the other. */
  | "type-differs"
  /** The other side cannot hold that name, or it would lead elsewhere. */
  | "name-refused"
  /** Another member has that name already, as the other side compares names. */
  | "name-collision"
  /** The server named something that is no member of the collection that was asked for. */
  | "outside"
  /** The server told a failure of it, or of its collection, where it listed that: what is there is not known. */
  | "not-listed"
  /** The server has another name for it, or may have. */
  | "name-changed"
  /** It changed while it was being read, or between looking and acting. */
  | "changed-meanwhile"
  /** Fewer or more bytes came than were announced. */
  | "length-differs"
  /** A symbolic link: not followed. */
  | "symbolic-link"
  /** A socket, a pipe or a device. */
  | "special-file"
  /** Its collection is missing on the other side, because of another failure. */
  | "parent-failed"
  /** Deeper, or more members, than the limits allow. */
  | "limit"
  /** A collection, where a document was asked for. */
  | "is-collection"
  /** Not what the work needs: a folder, a collection, a plain file. */
  | "wrong-kind";

/** Something is the matter with one member; the others go on. */
export class MemberError extends Error {
  override readonly name = "MemberError";
  readonly code: MemberProblemCode;

  constructor(code: MemberProblemCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** A member that was not dealt with, and why. */
export interface MemberFailure {
  /** Relative to the folder, with "/" between names; "" is the folder itself. */
  readonly path: string;
  /** A {@link MemberError}, or what the server or the file system said. */
  readonly error: Error;
}

/** One thing that is, or (`dryRun`) would be, done. */
export interface FolderStep {
  readonly action: "create-collection" | "upload" | "download" | "delete";
  readonly path: string;
  /** Of a document's content, where known. */
  readonly bytes?: number;
  /** Whether something that was there is replaced or gone afterwards. */
  readonly replaces: boolean;
}

/** What became of the work. */
export interface FolderSummary {
  /** Documents. */
  readonly transferred: number;
  readonly bytes: number;
  /** Documents that were the same already. */
  readonly skipped: number;
  /** Collections created. */
  readonly created: number;
  /** Members deleted; a remote collection counts as one. */
  readonly deleted: number;
  /** How many members failed, conflicts and refused names among them. */
  readonly failures: number;
  /** The first 1,000 of them. */
  readonly failed: readonly MemberFailure[];
  /**
   * The first 1,000 that were left alone; no failure: local members that are neither documents nor folders, and surplus
   * members that may be what the destination made of one that was just written (`name-changed`).
   */
  readonly ignored: readonly MemberFailure[];
  /** The first 1,000 names that the destination changed; from now on the pair is taken for one member. */
  readonly renamed: readonly { readonly path: string; readonly name: string }[];
  /** The first 1,000 documents of which the server stored another length than was sent; taken for the same from now on. */
  readonly rewritten: readonly { readonly path: string; readonly sent: number; readonly stored: number }[];
  /** Something had failed, so nothing was deleted: it might have been all that is left. */
  readonly deletionsLeftOut: boolean;
  /** What was left was not tried: a failure would have been that of all others too, or `failFast` was set. */
  readonly endedEarly: boolean;
  /** With `dryRun`: what would be done, in that order. */
  readonly steps?: readonly FolderStep[];
  /** Why it could not be kept what was transferred; the next time sizes and times are compared. */
  readonly stateError?: Error;
}

/** Part of the work failed; the rest was done. Doing the same again goes on where this ended. */
export class FolderError extends Error {
  override readonly name = "FolderError";
  readonly summary: FolderSummary;

  constructor(summary: FolderSummary) {
    const first = summary.failed[0];
    const example =
      first === undefined ? "" : `, such as ${JSON.stringify(first.path)}: ${first.error.message}`;
    super(`${summary.failures} failed${example}`, { cause: first?.error });
    this.summary = summary;
  }
}

/**
 * The transfer of a folder. It starts at once, and has no `then`.
 */
export interface FolderWork {
  /** The latest news until the end. May be ignored, read by several, and left; never throws. */
  readonly progress: AsyncIterable<FolderProgress>;
  /**
   * Rejects with {@link FolderError} where a member failed; with what the server or the file system said where the work
   * could not begin; with CancelledError after `cancel()`; with the signal's reason.
   */
  readonly outcome: Promise<FolderSummary>;
  /** Ends what is under way. What is complete stays; doing the same again goes on from there. Resolves once all has ended. */
  cancel(): Promise<void>;
}
