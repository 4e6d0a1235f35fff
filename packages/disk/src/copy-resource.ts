import type { ResourcePath } from "@meanwhile/dav/path";
import { TreeError, type TreeWork } from "@meanwhile/server/store";
import { type CopyContext, copyDocument, copyMembers } from "./copy-tree.ts";
import { countMembers } from "./count-members.ts";
import { type Destination, holdDestination } from "./destination.ts";
import { treeError } from "./errno.ts";
import type { Seen } from "./folder.ts";
import type { FolderTreeContext } from "./folder-tree.ts";
import { putInPlace } from "./put-in-place.ts";
import { removeDirectory, removeFile, silently } from "./remove-tree.ts";

export interface CopyRequest {
  readonly source: ResourcePath;
  readonly destination: ResourcePath;
  readonly replace: boolean;
  readonly depth: "0" | "infinity";
}

/** What members are told to: {@link TreeWork} itself for a COPY. */
export type CopyReport = Pick<CopyContext, "done" | "failed" | "linked">;

/** Copies a resource: wholly under a reserved name first, then it gets its own. */
export async function copyResource(
  context: FolderTreeContext,
  request: CopyRequest,
  work: TreeWork,
): Promise<{ readonly created: boolean }> {
  const report: CopyReport = {
    done: (path, kind) => work.done(path, kind),
    failed: (path, kind, error) => work.failed(path, kind, error),
  };
  const { created, kind } = await stageAndPlace(context, request, work, report);
  work.done(request.source, kind);
  return { created };
}

/** Copies a resource into place, with its dead properties. All but the root is told to the report. */
export async function stageAndPlace(
  context: FolderTreeContext,
  request: CopyRequest,
  work: TreeWork,
  report: CopyReport,
): Promise<{
  readonly created: boolean;
  readonly kind: Seen["kind"];
  readonly left: ReadonlySet<ResourcePath>;
}> {
  const { folder, deadProperties } = context;
  const { source, destination, depth } = request;
  if (work.signal.aborted) throw new TreeError("stopped");
  const seen = await folder.look(source);
  if (seen === undefined) throw new TreeError("not-found");
  try {
    const place = await holdDestination(folder, destination, request);
    const left = new Set(work.skipped);
    const failed: CopyReport["failed"] = (path, kind, error) => {
      left.add(path);
      report.failed(path, kind, error);
    };
    try {
      await stage(context, { request, seen, place, report: { ...report, failed } }, work);
      await deadProperties.copy(source, destination, { depth, left });
    } finally {
      place.directory.close();
    }
    return { created: place.standing === "absent", kind: seen.kind, left };
  } finally {
    seen.close();
  }
}

interface Staging {
  readonly request: CopyRequest;
  readonly seen: Seen;
  readonly place: Destination;
  readonly report: CopyReport;
}

async function stage(context: FolderTreeContext, staging: Staging, work: TreeWork): Promise<void> {
  const { folder, temporaries, clock } = context;
  const { seen, place, request, report } = staging;
  const temporary = await temporaries.take(place.directory.path, work.id);
  let clean = true;
  try {
    work.found(1);
    const copying = { folder, work, clock, ...report };
    if (seen.kind === "document") {
      work.counted();
      await copyDocument(copying, seen, place.directory, temporary.name);
    } else await stageCollection(copying, staging, temporary.name);
    if (work.signal.aborted) throw new TreeError("stopped");
    clean = await putInPlace(folder, temporaries, {
      from: place.directory,
      fromName: temporary.name,
      kind: seen.kind,
      to: place.directory,
      toName: place.name,
      standing: place.standing,
    });
    if (!clean) context.left(place.directory.path);
    clean = true;
  } catch (error) {
    const remove = seen.kind === "collection" ? removeDirectory : removeFile;
    clean = await remove(folder, place.directory, temporary.name, silently);
    if (!clean) context.left(place.directory.path);
    throw treeError(error, request.source === "/" ? "not-found" : undefined);
  } finally {
    if (clean) temporary.release();
  }
}

async function stageCollection(copying: CopyContext, staging: Staging, name: string): Promise<void> {
  const { folder, work } = copying;
  const { request, seen, place } = staging;
  const source = await folder.directory(request.source);
  if (source === undefined) throw new TreeError("not-found");
  try {
    if (request.depth === "infinity") await countMembers(folder, source, work, "copy");
    work.counted();
    await folder.calls.mkdir(place.directory.at(name), Number(seen.stats.mode & 0o777n) | 0o700);
    const staged = await folder.enter(place.directory, name);
    try {
      if (request.depth === "infinity") await copyMembers(copying, source, staged);
      const missing = 0o700n & ~seen.stats.mode;
      if (missing === 0n) return;
      const { mode } = await folder.calls.lstat(place.directory.at(name));
      await folder.calls.chmod(place.directory.at(name), Number(mode & 0o7777n & ~missing));
    } finally {
      staged.close();
    }
  } finally {
    source.close();
  }
}
