/**
 * A walk through a tree with plain synchronous calls, for a worker. It goes on in slices, and between two of them it stands:
 * what it has open stays open, in its thread.
 */
import type { ResourcePath } from "@meanwhile/dav";
import { type Resource, TreeError, type TreeErrorCode } from "@meanwhile/server/store";
import type { BeforeEach } from "../calls/before-change.ts";
import type { NameType } from "../calls/directory-names.ts";
import { hasNoDescriptor, treeError } from "../calls/errno.ts";
import type { LargeCopy, Signature } from "../documents/copy-content.ts";

/** A member that could not be dealt with. */
export interface MemberFailure extends FailureFields {
  readonly path: ResourcePath;
  readonly kind: Resource["kind"];
}

export interface FailureFields {
  readonly code: TreeErrorCode;
  readonly message: string;
}

/** A member of a directory that is open: what the system's calls take for that, and its path. */
export interface MemberPlace {
  readonly from: string;
  /** Where its copy will be a member. */
  readonly to?: string;
  readonly path: ResourcePath;
  readonly name: string;
}

/** A member that may have to stay, as it is now. */
export interface Questioned {
  readonly path: ResourcePath;
  readonly type: NameType;
  /** The fields of its `BigIntStats`; undefined where it is gone, or no facts are asked for. */
  readonly stats?: object;
}

/** What a walk stands at, until somebody else has dealt with it. */
export type Stop =
  /** No file descriptor is left: whether to try again. */
  | { readonly kind: "no-descriptor" }
  /** A copy has its name, and not its content yet. */
  | { readonly kind: "large"; readonly copy: LargeCopy; readonly path: ResourcePath }
  /** A link, or a directory at which something is mounted. */
  | { readonly kind: "member"; readonly type: "link" | "mount"; readonly at: MemberPlace }
  /** The names in this directory are to be synced. */
  | { readonly kind: "sync"; readonly directory: string }
  /** Which of these may go. */
  | { readonly kind: "ask"; readonly members: readonly Questioned[] };

/** What was done about a stop. */
export type Reply =
  | undefined
  /** It failed. */
  | { readonly failure: FailureFields }
  /** The answer to "no-descriptor". */
  | { readonly again: boolean }
  /** The answer to "ask": which stay. */
  | { readonly stay: readonly boolean[] };

/** A copy, or a copied directory, that has yet to be synced, which a descriptor stands for. */
export interface Unsynced {
  readonly path: ResourcePath;
  readonly fd: number;
}

/** What a walk did in a slice. */
export interface WalkNews {
  /** How many members came into view. */
  readonly found: number;
  /** Links that count if they lead to a document. */
  readonly links: readonly ResourcePath[];
  /** Documents that were dealt with, by their collection: their names, with "/" between. */
  readonly documents: readonly (readonly [collection: ResourcePath, names: string])[];
  readonly collections: readonly ResourcePath[];
  /** Collections that stay because of a member. */
  readonly kept: readonly ResourcePath[];
  readonly failed: readonly MemberFailure[];
  readonly unsyncedFiles: readonly Unsynced[];
  readonly unsyncedDirectories: readonly Unsynced[];
  readonly late: readonly (readonly [path: ResourcePath, signature: Signature])[];
  readonly stop?: Stop;
  readonly ended: boolean;
  /** Of a removal that has ended: whether all is gone. */
  readonly gone?: boolean;
}

/** The steps of a walk. It gives a stop, or nothing where its slice is over. */
export type Steps<Result = void> = Generator<Stop | undefined, Result, Reply>;

/** What the steps of a walk work with. */
export class Walking {
  /** Told before each change; for tests. */
  before: BeforeEach | undefined;
  #ends = 0;
  #found = 0;
  #links: ResourcePath[] = [];
  #documents: Map<ResourcePath, string> = new Map();
  #news = noNews();

  /** Begins a slice. */
  begin(before: BeforeEach | undefined): void {
    this.before = before;
    this.#ends = performance.now() + sliceMs;
  }

  /** Whether others have their turn now. */
  isOver(): boolean {
    return performance.now() > this.#ends;
  }

  /** A member came into view. */
  found(): void {
    this.#found += 1;
  }

  /** A link came into view; see {@link WalkNews.links}. */
  foundLink(path: ResourcePath): void {
    this.#links.push(path);
  }

  /** A document was dealt with. */
  document(collection: ResourcePath, name: string): void {
    const names = this.#documents.get(collection);
    this.#documents.set(collection, names === undefined ? name : `${names}/${name}`);
  }

  /** A collection was dealt with. */
  collection(path: ResourcePath): void {
    this.#news.collections.push(path);
  }

  /** A collection stays because of a member. */
  kept(path: ResourcePath): void {
    this.#news.kept.push(path);
  }

  /** A member could not be dealt with. */
  failed(path: ResourcePath, kind: Resource["kind"], error: unknown): void {
    this.#news.failed.push({ path, kind, ...fieldsOf(error) });
  }

  /** A file changed later than a time that its job names. */
  late(path: ResourcePath, signature: Signature): void {
    this.#news.late.push([path, signature]);
  }

  /** A copy has yet to be synced. */
  unsyncedFile(unsynced: Unsynced): void {
    this.#news.unsyncedFiles.push(unsynced);
  }

  /** A directory has yet to be synced. */
  unsyncedDirectory(unsynced: Unsynced): void {
    this.#news.unsyncedDirectories.push(unsynced);
  }

  /** What happened since it was asked last. */
  take(): Omit<WalkNews, "ended"> {
    const news = {
      found: this.#found,
      links: this.#links,
      documents: [...this.#documents],
      ...this.#news,
    };
    this.#found = 0;
    this.#links = [];
    this.#documents = new Map();
    this.#news = noNews();
    return news;
  }
}

/** Tries as often as it is worth waiting for a descriptor. */
export function* patiently<Value>(open: () => Value): Steps<Value> {
  for (;;) {
    try {
      return open();
    } catch (error) {
      if (!hasNoDescriptor(error) || !isAgain(yield { kind: "no-descriptor" })) throw error;
    }
  }
}

/** Whether something is to be tried again. */
export function isAgain(reply: Reply): boolean {
  return reply !== undefined && "again" in reply && reply.again;
}

/** What failed, as a message can carry it. */
export function fieldsOf(error: unknown): FailureFields {
  const { code, message } = treeError(error);
  return { code, message };
}

/** Throws what somebody else failed with. */
export function throwFailure(reply: Reply): void {
  if (reply !== undefined && "failure" in reply)
    throw new TreeError(reply.failure.code, reply.failure.message);
}

/** Others that wait for the thread have their turn after so long. */
const sliceMs = 10;

function noNews() {
  return {
    collections: [] as ResourcePath[],
    kept: [] as ResourcePath[],
    failed: [] as MemberFailure[],
    unsyncedFiles: [] as Unsynced[],
    unsyncedDirectories: [] as Unsynced[],
    late: [] as (readonly [ResourcePath, Signature])[],
  };
}
