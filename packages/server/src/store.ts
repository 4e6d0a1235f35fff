/**
 * What the server asks of the place where resources live ({@link Tree}) and of the place where locks live
 * (`locks/lock-store.ts`). Nothing here assumes one process or a local folder. Contract suites for both are in
 * `@meanwhile/server/testing`.
 */
import type { Readable } from "node:stream";
import type { DeadProperty, PropertyChange, ResourcePath } from "@meanwhile/dav";

export type { LockRequest, LockResult, LockStore } from "./locks/lock-store.ts";

/** A store may answer at once or later. */
export type Awaitable<T> = T | Promise<T>;

/** A collection as its tree sees it. Times are milliseconds since the epoch. */
export interface CollectionResource {
  readonly kind: "collection";
  readonly modifiedMs: number;
  /** When the store last changed it, which no client can set; told where `modifiedMs` lies in the future. */
  readonly changedMs?: number;
  readonly createdMs: number | undefined;
}

/** A resource that is not a collection. */
export interface DocumentResource {
  readonly kind: "document";
  readonly length: number;
  readonly modifiedMs: number;
  /** When the store last changed it, which no client can set; told where `modifiedMs` lies in the future. */
  readonly changedMs?: number;
  readonly createdMs: number | undefined;
  /** A strong entity tag, with its quotes: differs whenever the content differs (RFC 9110 §8.8.1). */
  readonly etag: string;
}

/** What a tree has at a path. */
export type Resource = CollectionResource | DocumentResource;

/** A member of a collection, or the name of one that could not be looked at: it is told, and the others are listed. */
export type Member = ReadMember | UnreadMember;

/** A member that could not be looked at, and why. */
export interface UnreadMember {
  readonly name: string;
  readonly resource?: undefined;
  readonly properties?: undefined;
  /** What the collection itself tells of it. */
  readonly kind: Resource["kind"];
  readonly error: TreeError;
}

/** A member as it was found. */
export interface ReadMember {
  readonly name: string;
  readonly resource: Resource;
  /** Its dead properties, where they were asked for. */
  readonly properties: readonly DeadProperty[];
}

/** What a member is, as far as its collection can tell. */
export function kindOf(member: Member): Resource["kind"] {
  return (member.resource ?? member).kind;
}

/** The bytes from `start` up to, but not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A document opened for reading: its content and entity tag belong together, whatever happens to its name. */
export interface OpenDocument {
  readonly resource: DocumentResource;
  /** Its dead properties, as they are now. */
  properties(): Awaitable<readonly DeadProperty[]>;
  /** The bytes of a small range (at most 64 KiB) at once. */
  bytes(range: ByteRange): Awaitable<Uint8Array>;
  /** A stream of the range. Destroying it is enough to stop; it does not close the document. */
  stream(range: ByteRange): Readable;
  /** Frees what is held. May be called at any time, and twice. */
  close(): void;
}

/** What was at a path when it was looked at, and what tells it from what comes to be there later. */
export interface Sighting {
  readonly resource: Resource | undefined;
  /**
   * Names, to its tree, the very resource that was there, as it was, and the moment: given back with the change that
   * was judged by it. Text that may be recorded: it holds in later processes, too.
   */
  readonly seen: string;
}

/** New content on its way in: seen by nobody until it is committed. */
export interface Draft {
  /** Takes the next bytes; the next write waits for this one. */
  write(chunk: Uint8Array): Awaitable<void>;
  /**
   * Puts the content in place, at once and whole. Dead properties of a replaced document stay.
   * @throws {TreeError} and leaves the old content as it was; with "not-synced" the new content may be in place
   */
  commit(options: CommitOptions): Awaitable<Committed>;
  /** Forgets the content. May be called after a failure, and twice; does nothing after a commit. */
  discard(): Awaitable<void>;
}

/** A draft that may be left, and gone on with, by this process or a later one. */
export interface KeptDraft extends Draft {
  /** Names what a later process needs to go on with it, beside its id and its length. */
  readonly mark: string;
  /** How many bytes were written. */
  readonly length: number;
  /** Makes all that was written survive a loss of power, so far as the store goes. */
  sync(): Awaitable<void>;
  /** Forgets all bytes from `length` on. */
  truncate(length: number): Awaitable<void>;
  /** The bytes from the first up to, but not including, `end`. */
  stream(end: number): AsyncIterable<Uint8Array>;
  /** Lets go of what is held, and keeps the content. May be called after a failure, and twice; nothing is called after it. */
  leave(): Awaitable<void>;
}

/** What {@link Tree.resumeDraft} goes on with. */
export interface LeftDraft {
  readonly id: string;
  readonly mark: string;
  /** How many of its bytes count: those after them are forgotten. */
  readonly length: number;
}

/** What a {@link Draft} is put in place with. */
export interface CommitOptions {
  /** The time of last modification to record, where the client said one. */
  readonly modifiedMs: number | undefined;
  /**
   * What may be replaced: "nothing" (fails with "exists"); a {@link Sighting.seen}: that alone (fails with "changed");
   * default: any document.
   */
  readonly over?: "nothing" | { readonly seen: string };
}

/** What came of a {@link Draft}. */
export interface Committed {
  /** False where a document was replaced. */
  readonly created: boolean;
  readonly resource: DocumentResource;
}

/** What a change of a whole tree is told, and tells while it goes on. None of its methods throws. */
export interface TreeWork {
  /** Names the work: unguessable, safe as part of a file name, the same when the work is resumed. */
  readonly id: string;
  /**
   * Whether an earlier process began this work and was ended in it. The tree then finishes it from what it recorded
   * itself under the work's id: what is done is not done again, and what others changed meanwhile is left alone and
   * told.
   */
  readonly resumed: boolean;
  /**
   * Whether what is recorded of it need not survive a loss of power, only the end of the process: see
   * {@link Tree.oneChange}. Default: false.
   */
  readonly light?: boolean;
  /**
   * Of a light work that need not be recorded at all, unless it comes to be asked for: names what records it then, called before
   * the end of the work, if ever.
   * @returns false where that is to be done now. Default: it is
   */
  beforeRecord?(record: () => Promise<void>): boolean;
  /**
   * When it began first, in milliseconds since the epoch. What is newer was made or changed by others, where an earlier
   * process was ended before it could record anything.
   */
  readonly startedMs?: number;
  /** Asks it to stop: between two members, and inside a large one. It then ends with {@link TreeError} "stopped". */
  readonly signal: AbortSignal;
  /** Members of the source that are left alone, with all below them (and, in a removal, with their ancestors). */
  readonly skipped: ReadonlySet<ResourcePath>;
  /** More members have come into view (the root counts as one). */
  found(members: number): void;
  /** All members are in view: what was found is the total. Told once in a copy or a removal, at most once in a move. */
  counted(): void;
  /**
   * The member at this path of the source has been dealt with, successfully. No member is told twice, as done or as
   * failed; skipped members never, nor, in a removal, the ancestors that stay because of members that stay.
   */
  done(path: ResourcePath, kind: Resource["kind"]): void;
  /** The member at this path of the source could not be; the rest goes on. */
  failed(path: ResourcePath, kind: Resource["kind"], error: TreeError): void;
  /**
   * Something of a destination that was replaced stays, and is no member of the source: "changed" where another program
   * put or changed it since it was {@link Placement.seen}, else why it could not be removed. It is not counted.
   */
  kept(kept: Kept): void;
  /** How far it is inside a large member. @param path of the source, as in {@link TreeWork.done} */
  bytes(done: number, total: number, path?: ResourcePath): void;
}

/** What stays of a destination that was replaced. */
export interface Kept {
  /** Where it is now. */
  readonly path: ResourcePath;
  /** Where it was. */
  readonly was: ResourcePath;
  readonly kind: Resource["kind"];
  readonly error: TreeError;
}

/** How a COPY or MOVE puts its result in place. */
export interface Placement {
  /** Whether the destination may exist, and is then replaced as a whole; else it fails with "exists". */
  readonly replace: boolean;
  /**
   * What stood at the destination when the request was judged ({@link Tree.see}, with its members). What other programs
   * put there since is neither replaced nor removed: the work fails with "changed" (where nothing may be replaced with
   * "exists"), or members that are as new are {@link TreeWork.kept}. Default: what is there when the work begins.
   */
  readonly seen?: string;
  /** The source, where it must be as it was seen: fails with "changed". */
  readonly sourceSeen?: string;
}

/** What a removal removes. */
export interface Removable {
  /** The resource that was judged: another one that took its place since is not removed ("changed"). */
  readonly seen?: string;
  /** Its content, too, must be as it was seen. */
  readonly unchanged?: boolean;
}

/**
 * Resources in a tree. Paths are those of `@meanwhile/dav`; the root always exists and is a collection.
 * Every method fails with a {@link TreeError} and with nothing else. Callers keep conflicting changes apart
 * (claims do); other programs may change what is stored at any time.
 */
export interface Tree {
  /** What is at a path; undefined: nothing. */
  lookup(path: ResourcePath): Awaitable<Resource | undefined>;

  /**
   * The path as the collections list it. Where names are case-insensitive or normalised, several paths lead to a resource,
   * and this one is the key of its locks, rights and dead properties. Names of what is not there stay as they are.
   * Default: each resource has one path.
   */
  listed?(path: ResourcePath): Awaitable<ResourcePath>;

  /**
   * Looks at what a change is to be judged by.
   * @param options.members whether members that come or change from now on are to be told from those that are there
   */
  see(path: ResourcePath, options: { readonly members: boolean }): Awaitable<Sighting>;

  /**
   * The members of a collection, in batches, in no certain order, memory bounded however many there are. One that cannot
   * be looked at comes with its error.
   * Ending the iteration early frees everything. Fails with "not-found", "not-a-collection".
   */
  members(
    path: ResourcePath,
    options: { readonly properties: boolean; readonly signal?: AbortSignal },
  ): AsyncIterable<readonly Member[]>;

  /** Fails with "not-found", "is-a-collection", "denied". */
  open(path: ResourcePath): Awaitable<OpenDocument>;

  /** Begins new content for a document. Fails with "parent-missing", "is-a-collection", "no-space", "denied". */
  draft(path: ResourcePath, options: { readonly length: number | undefined }): Awaitable<Draft>;

  /**
   * As {@link Tree.draft}, but its content stays when it is left, and when this process ends. Default: there are no such
   * drafts, and no upload goes on after it was broken off.
   * @param options.id names it: unguessable, of letters, digits and "-"
   */
  keepDraft?(
    path: ResourcePath,
    options: { readonly id: string; readonly length: number | undefined },
  ): Awaitable<KeptDraft>;

  /** Goes on with a draft that was left; undefined where it, or enough of it, is not there any more. */
  resumeDraft?(path: ResourcePath, left: LeftDraft): Awaitable<KeptDraft | undefined>;

  /** Forgets a draft that was left, if it is there. Where it cannot be removed it fails, and may be called again. */
  forgetDraft?(path: ResourcePath, id: string): Awaitable<void>;

  /** Creates an empty collection with dead properties. Fails with "exists", "parent-missing". */
  createCollection(path: ResourcePath, properties: readonly DeadProperty[]): Awaitable<void>;

  /** Dead properties of an existing resource; none where there is no resource. */
  properties(path: ResourcePath): Awaitable<readonly DeadProperty[]>;

  /** Applies all changes, in order, or none (RFC 4918 §9.2). Removing what is not there is no error. */
  patchProperties(path: ResourcePath, changes: readonly PropertyChange[]): Awaitable<void>;

  /** Records a time of last modification. */
  touch(path: ResourcePath, modifiedMs: number): Awaitable<void>;

  /**
   * Copies a resource with its dead properties; with depth "infinity" all its members too. What cannot be copied
   * is told to `work.failed`. Where nothing was at the destination the rest is copied; a resource there is replaced by
   * a whole copy only. A member is whole at its destination or not there.
   * @throws {TreeError} when nothing was copied: the root of the source failed, the destination's parent is missing,
   *   it exists and may not be replaced, the work was stopped; "incomplete" where members failed and the destination
   *   exists. The destination is then as before.
   * @returns whether a resource was created, rather than replaced
   */
  copy(
    source: ResourcePath,
    destination: ResourcePath,
    options: Placement & { readonly depth: "0" | "infinity" },
    work: TreeWork,
  ): Promise<{ readonly created: boolean }>;

  /**
   * Moves a resource with its dead properties and all its members: as a rename where that is possible, else by
   * copying and removing. Members that could be copied but not removed are told to `work.failed` and stay.
   * @throws {TreeError} when nothing was moved, as for {@link Tree.copy}; "incomplete" where members could not be
   *   copied, whatever was at the destination
   */
  move(
    source: ResourcePath,
    destination: ResourcePath,
    options: Placement,
    work: TreeWork,
  ): Promise<{ readonly created: boolean }>;

  /**
   * Removes a resource with its dead properties and all its members, members first. Never follows a link.
   * Members that could not be removed are told to `work.failed`; they and their ancestors stay.
   * @throws {TreeError} when it was stopped, or when the resource itself could not be removed and is no collection
   */
  remove(path: ResourcePath, work: TreeWork, removable?: Removable): Promise<void>;

  /**
   * Whether the removal of a document, or its move or copy to a name that nothing has, is one change in the end: see
   * {@link OneChange}. Default: it is not known to be.
   */
  oneChange?(change: DocumentChange): Promise<OneChange | undefined>;

  /**
   * Says, once at the start, which works of an earlier process will be resumed. What other works left is removed.
   */
  recovered?(works: ReadonlySet<string>): Awaitable<void>;

  /** Room that is left and used where the resource is (RFC 4331); undefined where it cannot be told. */
  quota?(path: ResourcePath): Awaitable<Quota | undefined>;

  /** Frees everything; nothing is called afterwards. */
  close?(): Awaitable<void>;
}

/** A change of a resource that may be a document. */
export type DocumentChange =
  | { readonly method: "remove"; readonly source: ResourcePath; readonly destination?: never }
  | {
      readonly method: "copy" | "move";
      readonly source: ResourcePath;
      readonly destination: ResourcePath;
    };

/**
 * How a change is one, of which a loss of power leaves it made or not made, with nothing to be finished: "at once", so that the
 * end of the process does, too, but for a few calls that are made in a row; "in steps", of which the next process makes the rest.
 */
export type OneChange = "at once" | "in steps";

/** Room in bytes (RFC 4331). */
export interface Quota {
  readonly availableBytes: number;
  readonly usedBytes: number;
}

/** Why a store could not do it. The server's table gives each a status by method. */
export type TreeErrorCode =
  | "not-found"
  | "exists"
  | "parent-missing"
  | "is-a-collection"
  | "not-a-collection"
  /** The file system is full, or a quota is used up. */
  | "no-space"
  /** The operating system refuses it to the server. */
  | "denied"
  | "name-too-long"
  /** No resource can have this name here: it is reserved, or the platform has no such names. */
  | "name-refused"
  | "too-large"
  /** Something else holds it; it may work later. */
  | "busy"
  /** Another program changed or replaced it since it was seen, or since the work began: it was left alone. */
  | "changed"
  /** Members failed, and were told, so nothing was put in place: all is as it was. */
  | "incomplete"
  /** The work's signal asked for it. */
  | "stopped"
  /** The content could not be written to the disk, and was discarded. */
  | "not-written"
  /** The change was made, but would not survive a loss of power for certain: a sync failed. */
  | "not-synced"
  /** The change was made, but its dead properties could not be recorded: they follow once they can be. */
  | "not-recorded"
  | "unavailable";

/** The store failed. `message` is for the log and never has local paths in it. */
export class TreeError extends Error {
  override readonly name = "TreeError";
  readonly code: TreeErrorCode;

  constructor(code: TreeErrorCode, message: string = code, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Whether a change that failed so was made all the same. */
export function isMadeNevertheless({ code }: TreeError): boolean {
  return code === "not-synced" || code === "not-recorded";
}
