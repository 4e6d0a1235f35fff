import { createHash } from "node:crypto";
import type { ResourcePath } from "@meanwhile/dav/path";
import type { Resource, TreeErrorCode } from "@meanwhile/server/store";
import type { Identity } from "./identity.ts";

/** What is written down before a work changes anything. */
export interface WorkBeginning {
  readonly version: 1;
  readonly method: "copy" | "move" | "remove";
  readonly source: ResourcePath;
  readonly destination?: ResourcePath;
  /** The root of the source. */
  readonly kind: Resource["kind"];
  readonly identity: Identity;
  /** When the root of the source changed last, in nanoseconds of its file system's clock. */
  readonly ctimeNs: string;
  /** What had the destination's name; absent where nothing had. */
  readonly standing?: Standing;
  /** Reserved names that the work uses. */
  readonly names: WorkNames;
  /** See {@link LaterFacts}: known from the beginning where an earlier process came to write nothing. */
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
}

/** What becomes known while the work goes on. Each is written down as it does. */
export interface LaterFacts {
  /** The time of the file system at the beginning: what changed later was changed by others, or by the work. */
  readonly timeNs?: string;
  /** The same for the source of a MOVE, where that is another file system. */
  readonly sourceTimeNs?: string;
  /** What is staged. */
  readonly staged?: Identity;
  /** All that is staged is complete. */
  readonly whole?: true;
  /** What is removed was put out of sight. */
  readonly hidden?: true;
  /** Nothing is left to do, or to undo. */
  readonly ended?: true;
  /** What was put out of sight could neither be removed nor be put back. */
  readonly stuck?: true;
}

export interface WorkFacts extends WorkBeginning, LaterFacts {
  /** Members that could not be copied. */
  readonly failed: readonly MemberFact[];
}

export type Fact = WorkBeginning | LaterFacts | { readonly member: MemberFact };

export function toLine(fact: Fact): string {
  return `${JSON.stringify(fact)}\n`;
}

/**
 * Reads what was written down. The end of the process can cut a line off: then what it says has not begun.
 * @returns undefined where not even the beginning is there
 */
export function readFacts(text: string): WorkFacts | undefined {
  const [first, ...rest] = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  const beginning = parse(first);
  if (!isBeginning(beginning)) return undefined;
  const failed: MemberFact[] = [];
  let facts: WorkFacts = { ...beginning, failed };
  for (const line of rest) {
    const fact = parse(line);
    if (fact === undefined) continue;
    if ("member" in fact) failed.push(fact.member as MemberFact);
    else facts = { ...facts, ...fact };
  }
  return facts;
}

/** The name of a work's file. */
export function fileNameOf(work: string): string {
  return /^[\w-]{1,64}$/.test(work) ? work : createHash("sha256").update(work).digest("base64url");
}

function isBeginning(fact: object | undefined): fact is WorkBeginning {
  return fact !== undefined && "version" in fact && fact.version === 1 && "names" in fact;
}

function parse(line: string | undefined): object | undefined {
  if (line === undefined || line === "") return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    // Only the process's end in the middle of a write leaves such a line.
    return undefined;
  }
}
