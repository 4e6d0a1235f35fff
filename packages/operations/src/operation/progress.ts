/** How far an operation is: members, and inside a large member bytes. It never goes backwards. */

export interface OperationProgress {
  /** Members dealt with. */
  readonly done: number;
  /** Members in all; undefined while that is not known. */
  readonly total: number | undefined;
  /** A few words for people. */
  readonly remark: string | undefined;
  /** One member that is worked on now, or was dealt with last: its path from what the operation is about. */
  readonly member?: string | undefined;
  /** Bytes of the present member, where that is a large one. */
  readonly bytes: { readonly done: number; readonly total: number } | undefined;
}

export const noProgress: OperationProgress = {
  done: 0,
  total: undefined,
  remark: undefined,
  bytes: undefined,
};

/** Longer remarks are cut. */
export const longestRemark = 200;

/** Of longer paths of members the end is told. */
export const longestMember = 400;

/** The next progress, or why it is refused. */
export type Advance = { readonly progress: OperationProgress } | { readonly refused: string };

/**
 * Progress after a report. `done` must not fall and must not pass `total`; a total that grows is taken (more members
 * came into view), one that falls below what is done is not.
 */
export function advance(
  before: OperationProgress,
  done: number,
  total: number | undefined,
  remark: string | undefined,
  member?: string,
): Advance {
  if (!isCount(done)) return { refused: "done is not a count" };
  if (total !== undefined && !isCount(total)) return { refused: "total is not a count" };
  if (done < before.done) return { refused: `done fell from ${before.done} to ${done}` };
  if (total !== undefined && total < done) return { refused: `done ${done} is more than total ${total}` };
  if (remark !== undefined && typeof remark !== "string") return { refused: "the remark is no string" };
  return {
    progress: {
      done,
      total: total ?? (before.total !== undefined && before.total >= done ? before.total : undefined),
      remark: remark === undefined ? before.remark : remark.slice(0, longestRemark),
      bytes: done > before.done ? undefined : before.bytes,
      ...named(member ?? before.member),
    },
  };
}

/** Progress after a report of bytes inside the present member. */
export function advanceBytes(
  { member: _, ...before }: OperationProgress,
  done: number,
  total: number,
  member?: string,
): Advance {
  if (!isCount(done) || !isCount(total) || done > total) return { refused: "not a fraction of bytes" };
  return { progress: { ...before, ...named(member), bytes: { done, total } } };
}

function named(member: string | undefined): Pick<OperationProgress, "member"> {
  if (member === undefined || member === "") return {};
  return { member: member.length > longestMember ? `…${member.slice(1 - longestMember)}` : member };
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
