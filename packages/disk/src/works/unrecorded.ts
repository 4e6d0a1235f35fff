import type { BigIntStats } from "node:fs";
import { TreeError, type TreeWork } from "@meanwhile/server/store";
import { changedSince } from "../paths/identity.ts";
import type { WorkBeginning } from "./work-facts.ts";

/**
 * An earlier process was ended after the work was asked for, and before it wrote anything down: then what is newer
 * than the work is not what was meant.
 *
 * @throws {TreeError} "changed"
 */
export function refuseNewer(work: TreeWork, stats: BigIntStats): void {
  const timeNs = unrecordedTime(work);
  if (timeNs !== undefined && changedSince(stats, timeNs)) {
    throw new TreeError("changed", "it was made or replaced since the work began");
  }
}

/** The fact that goes with it, for the members. */
export function newerMembers(work: TreeWork): Pick<WorkBeginning, "timeNs"> {
  const timeNs = unrecordedTime(work);
  return timeNs === undefined ? {} : { timeNs: `${timeNs}` };
}

function unrecordedTime({ resumed, startedMs }: TreeWork): bigint | undefined {
  return resumed && startedMs !== undefined ? BigInt(Math.trunc(startedMs) + 1) * 1_000_000n : undefined;
}
