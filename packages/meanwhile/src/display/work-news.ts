/** How far a work is, whatever kind of work it is: what every display shows. */
import type { RequestProgress } from "@meanwhile/client";
import type { Unit } from "./amounts.ts";

export interface WorkNews {
  /** Changes when something else begins to be counted. */
  readonly stage: string;
  readonly unit: Unit;
  readonly done: number;
  /** Undefined where nobody knows. */
  readonly total?: number;
  /** Something else that is counted at the same time: documents beside bytes, bytes of the present member. */
  readonly beside?: { readonly unit: Unit; readonly done: number; readonly total?: number };
  /** Transfers in flight. */
  readonly active?: number;
  readonly failures: number;
  /** The connection was lost, or the server is away; it is tried again. */
  readonly comingBack?: boolean;
  /** Bytes that the server had already, from which on an upload went on the last time, and how often it did. */
  readonly resumed?: { readonly at: number; readonly times: number };
  /** What is worked on now; may have anything in it. */
  readonly member?: string;
  /** A few words for people; may have anything in it. */
  readonly remark?: string;
}

/** The progress of one long request, as it is displayed. */
export function newsOfRequest(progress: RequestProgress): WorkNews {
  const {
    stage,
    done,
    total,
    bytes,
    failures,
    remark,
    member,
    comingBack,
    resumedAt,
    resumptions = 1,
  } = progress;
  return {
    stage,
    unit: stage === "processing" ? "members" : "bytes",
    done,
    failures,
    ...(total === undefined ? {} : { total }),
    ...(bytes === undefined ? {} : { beside: { unit: "bytes", ...bytes } }),
    ...(remark === undefined ? {} : { remark }),
    ...(member === undefined ? {} : { member }),
    ...(resumedAt === undefined ? {} : { resumed: { at: resumedAt, times: resumptions } }),
    ...(comingBack === true ? { comingBack } : {}),
  };
}
