import { memberPath, type ResourcePath } from "@meanwhile/dav";
import { mayBeNamed } from "../paths/names.ts";
import { enter, leave, type WalkedDirectory, WalkedNames } from "./open-directory.ts";
import { patiently, type Steps, type Walking } from "./walk.ts";

/** How many members a directory has, at every depth. */
export interface CountWalk {
  readonly kind: "count";
  /** What the system's calls take for the directory. */
  readonly from: string;
  readonly path: ResourcePath;
  /** A COPY fails for members whose names are no valid UTF-8, so they count; a removal takes every link for a document. */
  readonly purpose: "copy" | "removal";
  /** Members that are not counted, with all below them. */
  readonly left: ReadonlySet<ResourcePath>;
  readonly state: ResourcePath | undefined;
  /** Directories at which something is mounted. */
  readonly mounts: ReadonlySet<ResourcePath>;
  readonly pinning: boolean;
}

/** The steps of counting. What cannot be read counts, and has no members. */
export function* countTree(walking: Walking, job: CountWalk): Steps {
  const names = yield* WalkedNames.open(job.from);
  try {
    for (let entry = names.next(); entry !== undefined; entry = names.next()) {
      if (walking.isOver()) yield;
      const { name, type, bytes } = entry;
      if (job.left.size > 0 && job.left.has(memberPath(job.path, name))) continue;
      if (bytes !== undefined) {
        if (job.purpose === "copy") walking.found();
        continue;
      }
      if (type === "other" || !mayBeNamed(job.state, job.path, name)) continue;
      if (type === "link" && job.purpose === "copy") {
        walking.foundLink(memberPath(job.path, name));
        continue;
      }
      walking.found();
      if (type === "directory") yield* countBelow(walking, job, name);
    }
  } finally {
    names.close();
  }
}

function* countBelow(walking: Walking, job: CountWalk, name: string): Steps {
  const path = memberPath(job.path, name);
  if (job.mounts.has(path)) {
    yield { kind: "member", type: "mount", at: { from: job.from, path: job.path, name } };
    return;
  }
  let directory: WalkedDirectory | undefined;
  try {
    directory = yield* patiently(() => enter(`${job.from}/${name}`, job.pinning));
    yield* countTree(walking, { ...job, from: directory.self, path });
  } catch {
    // The work itself meets the same failure, and tells it.
  } finally {
    leave(directory);
  }
}
