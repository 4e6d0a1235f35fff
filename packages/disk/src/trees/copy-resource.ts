import type { TreeWork } from "@meanwhile/server/store";
import type { FolderTreeContext } from "./folder-tree-context.ts";
import { beginCopy, type CopyRequest, copyIntoPlace, stagedCopy } from "./staged-copy.ts";

/** Copies a resource: wholly under a reserved name first, then it gets its own. */
export async function copyResource(
  context: FolderTreeContext,
  request: CopyRequest,
  work: TreeWork,
): Promise<{ readonly created: boolean }> {
  const log = context.works.resume(work) ?? (await beginCopy(context, "copy", request, work));
  const copy = await stagedCopy(context, log, request, work, {
    done: (path, kind) => work.done(path, kind),
    failed: (path, kind, error) => work.failed(path, kind, error),
  });
  // The record of a light work need not survive a loss of power, and the name that it stages under may.
  const release = log.facts.light === true ? await context.temporaries.use(copy.to.path) : undefined;
  try {
    if (await copyIntoPlace(context, copy)) await log.end();
  } finally {
    copy.to.close();
    release?.();
  }
  work.done(request.source, log.facts.kind);
  return { created: log.facts.standing === undefined };
}
