import type { ResourcePath } from "@meanwhile/dav";
import type { Resource, TreeErrorCode } from "@meanwhile/server/store";
import type { Identity } from "../paths/identity.ts";

/** What is written down before a work changes anything. */
export interface WorkBeginning {
  readonly version: 1;
  readonly method: "copy" | "move" | "remove";
  readonly source: ResourcePath;
  readonly destination?: ResourcePath;
  /** The root of the source. */
  readonly kind: Resource["kind"];
  readonly identity: Identity;
  /** Of a COPY whose members stay. */
  readonly depth?: "0";
  /** When the root of the source changed last, in nanoseconds of its file system's clock. */
  readonly ctimeNs: string;
  /** Something is mounted at the document of the destination: its content is replaced, and not the file. */
  readonly mounted?: true;
  /** The destination is another spelling of the source's name. */
  readonly respells?: true;
  /** What had the destination's name; absent where nothing had. */
  readonly standing?: Standing;
  /** One change of names, without dead properties: a loss of power leaves nothing to be finished. */
  readonly light?: true;
  /** Reserved names that the work uses. */
  readonly names: WorkNames;
  /** By the system's clock, in milliseconds since the epoch. */
  readonly beganMs?: number;
  /** See {@link LaterFacts}: the moment of the judgement, where a collection is to be replaced. */
  readonly timeNs?: string;
}

export interface Standing {
  readonly kind: Resource["kind"];
  readonly identity: Identity;
  readonly ctimeNs: string;
}

/** Beside the destination, or in a removal beside what is removed. */
export interface WorkNames {
  /** What is to be placed. */
  readonly staged?: string;
  /** What made room, or was put out of sight to be removed. */
  readonly aside: string;
  /** A file that is made to read the clock of the file system. */
  readonly clock: string;
}

export interface MemberFact {
  readonly path: ResourcePath;
  readonly kind: Resource["kind"];
  readonly code: TreeErrorCode;
  /** Where it was, if it is no member of the source but something of the destination that stays. */
  readonly was?: ResourcePath;
}

/** What becomes known while the work goes on. Each is written down as it does. */
export interface LaterFacts {
  /** The time of the file system at the beginning: what changed later was changed by others, or by the work. */
  readonly timeNs?: string;
  /** The same for the source of a MOVE, where that is another file system. */
  readonly sourceTimeNs?: string;
  /** What is staged. */
  readonly staged?: Identity;
  /** The start of the machine since which it is staged: until the next, size and time of a copy say that it is whole. */
  readonly boot?: string;
  /** All that is staged is complete. */
  readonly whole?: true;
  /** What was made at the destination to take its name; "unknown" where that is about to be made, "none" where it was not. */
  readonly placeholder?: Identity | "unknown" | "none";
  /** A mounted document gets its content; what it had is aside. */
  readonly overwriting?: true;
  /** It has its content. */
  readonly overwritten?: true;
  /** What other programs changed in what was put aside was found, and has a place. */
  readonly sorted?: true;
  /** What is in place has its dead properties. */
  readonly settled?: true;
  /** What is removed was put out of sight. */
  readonly hidden?: true;
  /** Nothing is left to do, or to undo. */
  readonly ended?: true;
  /** What was put out of sight could neither be removed nor be put back. */
  readonly stuck?: true;
}

export interface WorkFacts extends WorkBeginning, LaterFacts {
  /** Members that could not be copied, and what stays of the destination. */
  readonly failed: MemberFact[];
}
