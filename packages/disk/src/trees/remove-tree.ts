import type { BigIntStats } from "node:fs";
import { memberPath, type ResourcePath } from "@meanwhile/dav";
import type { Resource, TreeError } from "@meanwhile/server/store";
import { isMissing, treeError } from "../calls/errno.ts";
import { asStats } from "../calls/file-facts.ts";
import type { Directory, Folder } from "../paths/folder.ts";
import type { RemoveWalk } from "../walks/remove-walk.ts";
import { fieldsOf, type Questioned } from "../walks/walk.ts";
import { failureOf, tellMembers } from "./walk-news.ts";

/** Who is told about a removal. */
export interface RemovalReport {
  readonly signal: AbortSignal | undefined;
  /** Members that are to stay, with all below them. */
  readonly staying: ReadonlySet<ResourcePath>;
  done(path: ResourcePath, kind: Resource["kind"]): void;
  failed(path: ResourcePath, kind: Resource["kind"], error: TreeError): void;
  /** Whether what is no resource, and has no reserved name, is to stay. Default: false. */
  readonly hiddenStays?: boolean;
  /** Whether a link is to stay. Default: no. */
  linkStays?(path: ResourcePath): Promise<boolean>;
  /** Why the member is to be left alone, as it now is; asked where this is given. Others may have changed it. */
  refusal?(path: ResourcePath, stats: BigIntStats): TreeError | undefined | Promise<TreeError | undefined>;
  /** A directory that stays because something below it does. */
  kept?(path: ResourcePath): void;
}

/** For what no resource is: nobody is told, nothing stays. */
export const silently: RemovalReport = {
  signal: undefined,
  staying: new Set(),
  done: () => {},
  failed: () => {},
};

/**
 * Removes a directory, its members first; a worker goes through the tree by itself (`removeTree`). Links are removed, and
 * never followed; so is everything that is no resource. Whatever stays keeps the directories above it.
 *
 * @param known the name by which it is known, where it has a reserved one
 * @returns whether the directory is gone
 * @throws {TreeError} "stopped"
 */
export async function removeDirectory(
  folder: Folder,
  parent: Directory,
  name: string,
  report: RemovalReport,
  known: string = name,
): Promise<boolean> {
  const { calls } = folder;
  const walk: RemoveWalk = {
    kind: "remove",
    parent: parent.self,
    name,
    path: memberPath(parent.path, known),
    staying: report.staying,
    hiddenStays: report.hiddenStays === true,
    asks: report.refusal !== undefined ? "all" : report.linkStays !== undefined ? "links" : "none",
    state: folder.state,
    sync: calls.durability !== "none",
    pinning: folder.pinning,
    tells: report !== silently,
  };
  let gone = false;
  await calls.many.walk(parent.self, walk, {
    signal: report.signal,
    news: (news) => {
      tellMembers(report, news);
      for (const path of news.kept) report.kept?.(path);
      gone = news.gone === true;
    },
    stop: async (stop) => {
      if (stop.kind === "sync") return failureOf(() => calls.syncNames(stop.directory));
      if (stop.kind !== "ask") return undefined;
      try {
        const stay: boolean[] = [];
        for (const member of stop.members) stay.push(await stays(report, member));
        return { stay };
      } catch (error) {
        return { failure: fieldsOf(error) };
      }
    },
  });
  return gone;
}

async function stays(report: RemovalReport, { path, type, stats }: Questioned): Promise<boolean> {
  if (type === "link" && (await report.linkStays?.(path)) === true) return true;
  if (stats === undefined) return false;
  const refusal = await report.refusal?.(path, asStats(stats));
  if (refusal === undefined) return false;
  if (type !== "other") report.failed(path, type === "directory" ? "collection" : "document", refusal);
  return true;
}

/**
 * Removes a file, or a link to one.
 * @returns whether it is gone
 */
export async function removeFile(
  folder: Folder,
  parent: Directory,
  name: string,
  report: RemovalReport,
): Promise<boolean> {
  const path = memberPath(parent.path, name);
  try {
    const gone = folder.calls.unlink(parent.at(name));
    if (gone instanceof Promise) await gone;
  } catch (error) {
    if (!isMissing(error)) {
      report.failed(path, "document", treeError(error));
      return false;
    }
  }
  report.done(path, "document");
  return true;
}
