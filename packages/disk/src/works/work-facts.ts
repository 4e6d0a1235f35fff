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

export type Fact = WorkBeginning | LaterFacts | { readonly member: MemberFact };

/** One line of the record of works: the work that it is about, and one fact. */
export function toLine(work: string, fact: Fact): string {
  return `${JSON.stringify({ work, ...fact })}\n`;
}

/** All that is known of a work, in as few lines as possible. */
export function toLines(work: string, { failed, ...facts }: WorkFacts): string {
  return toLine(work, facts) + failed.map((member) => toLine(work, { member })).join("");
}

/** Reads what was written down. The end of the process can cut a line off: what it was to say has not begun. */
export function readWorks(text: string): Map<string, WorkFacts> {
  const works = new Map<string, WorkFacts>();
  for (const line of text.split("\n")) {
    const read = parse(line);
    if (read === undefined) continue;
    const { work, ...fact } = read;
    const known = works.get(work);
    if (isBeginning(fact)) works.set(work, { ...fact, failed: [] });
    else if (known !== undefined && isMember(fact)) works.set(work, withMember(known, fact.member));
    else if (known !== undefined) works.set(work, { ...known, ...fact });
  }
  return works;
}

function withMember(facts: WorkFacts, member: MemberFact): WorkFacts {
  facts.failed.push(member);
  return facts;
}

function isBeginning(fact: object): fact is WorkBeginning {
  return "version" in fact && fact.version === 1 && "names" in fact;
}

function isMember(fact: object): fact is { readonly member: MemberFact } {
  return "member" in fact;
}

function parse(line: string): { readonly work: string } | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const known = typeof value === "object" && value !== null && "work" in value;
    return known && typeof value.work === "string" ? { ...value, work: value.work } : undefined;
  } catch {
    // Only the end of a process in the middle of a line leaves such a line, or a disk that is full.
    return undefined;
  }
}
