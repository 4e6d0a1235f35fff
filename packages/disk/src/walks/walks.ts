/** The walks that are under way in this thread. */
import { closeSync } from "node:fs";
import type { BeforeEach } from "../calls/before-change.ts";
import { type CopyWalk, copyTree } from "./copy-walk.ts";
import { type CountWalk, countTree } from "./count-walk.ts";
import { type RemoveWalk, removeTree } from "./remove-walk.ts";
import { type Reply, type Stop, Walking, type WalkNews } from "./walk.ts";

export type WalkJob = CopyWalk | RemoveWalk | CountWalk;

interface Walk {
  readonly walking: Walking;
  readonly steps: Generator<Stop | undefined, unknown, Reply>;
}

const walks: Map<number, Walk> = new Map();

/**
 * Goes on with a walk for a slice of time, or until it stands at something.
 *
 * @param id of the caller's choice
 * @param job what it is to do, for its first slice
 * @param reply what was done about what it stood at
 * @throws what ends the whole walk, with all that it has open closed
 */
export function walkOn(
  id: number,
  job: WalkJob | undefined,
  reply: Reply,
  before: BeforeEach | undefined,
): WalkNews {
  const walk = job === undefined ? walks.get(id) : begin(job);
  if (walk === undefined) throw new Error("there is no such walk");
  walks.set(id, walk);
  walk.walking.begin(before);
  try {
    const { done, value } = walk.steps.next(reply);
    if (done !== true) {
      return { ...walk.walking.take(), ...(value === undefined ? {} : { stop: value }), ended: false };
    }
    walks.delete(id);
    return {
      ...walk.walking.take(),
      ...(typeof value === "boolean" ? { gone: value } : {}),
      ended: true,
    };
  } catch (error) {
    walks.delete(id);
    const { unsyncedFiles, unsyncedDirectories } = walk.walking.take();
    for (const { fd } of [...unsyncedFiles, ...unsyncedDirectories]) closeSync(fd);
    throw error;
  }
}

/** Ends a walk where it stands. Nothing is done where it has ended. */
export function endWalk(id: number): void {
  const walk = walks.get(id);
  walks.delete(id);
  walk?.steps.return(undefined);
}

function begin(job: WalkJob): Walk {
  const walking = new Walking();
  switch (job.kind) {
    case "copy":
      return { walking, steps: copyTree(walking, job) };
    case "remove":
      return { walking, steps: removeTree(walking, job) };
    case "count":
      return { walking, steps: countTree(walking, job) };
  }
}
