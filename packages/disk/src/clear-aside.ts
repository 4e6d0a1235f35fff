import { isWithin, type ResourcePath } from "@meanwhile/dav/path";
import { type Resource, TreeError } from "@meanwhile/server/store";
import type { Directory } from "./folder.ts";
import type { FolderTreeContext } from "./folder-tree.ts";
import { keepChanged } from "./keep-changed.ts";
import { removeDirectory, removeFile, silently } from "./remove-tree.ts";
import type { WorkLog } from "./works.ts";

/** Something is in place, and what made room for it is to go. */
export interface Clearing {
  readonly to: Directory;
  /** The name of what is in place. */
  readonly name: string;
  readonly log: WorkLog;
  /** Directories whose names changed with it: they are synced before anything is removed. */
  readonly placed: readonly string[];
  /** Whether members that others changed since the work began are kept. */
  readonly keepsChanged: boolean;
  /** Told of each member that is kept, and of how many there are. */
  failed(path: ResourcePath, kind: Resource["kind"], error: TreeError): void;
  found(members: number): void;
  /** Gives what is in place its dead properties; those of the members that are kept stay theirs. */
  properties?(kept: readonly ResourcePath[]): Promise<void>;
}

/**
 * Keeps what is to be kept, settles the dead properties, and removes what was put aside.
 * @returns false if that could not be removed wholly, and stays hidden until the next start
 */
export async function clearAside(context: FolderTreeContext, clearing: Clearing): Promise<boolean> {
  const { log } = clearing;
  if (log.facts.ended === true) return true;
  if (clearing.keepsChanged) await keepMembers(context, clearing);
  let clean = false;
  let unsynced: unknown;
  for (const directory of clearing.placed) {
    await context.folder.calls.syncNames(directory).catch((error: unknown) => {
      unsynced ??= error;
    });
  }
  try {
    await clearing.properties?.(keptOf(log));
  } finally {
    if (unsynced === undefined) clean = await removeAside(context, clearing);
    // What was put aside may be all that is left after a loss of power: the next start removes it.
    else context.left(clearing.to.path);
  }
  if (unsynced !== undefined) throw unsynced;
  return clean;
}

/** Paths of members that were kept, now or in an earlier process. */
function keptOf({ facts }: WorkLog): readonly ResourcePath[] {
  const { destination, failed } = facts;
  return failed
    .filter(
      ({ path, code }) => code === "changed" && destination !== undefined && isWithin(path, destination),
    )
    .map(({ path }) => path);
}

async function keepMembers({ folder }: FolderTreeContext, clearing: Clearing): Promise<void> {
  const { to, name, log } = clearing;
  const { names, timeNs } = log.facts;
  const [old, current] = [await folder.calls.find(to.at(names.aside)), await folder.calls.find(to.at(name))];
  if (old?.isDirectory() !== true || current?.isDirectory() !== true || timeNs === undefined) return;
  const from = await folder.enter(to, names.aside, name);
  const into = await folder.enter(to, name);
  const known = new Set(keptOf(log));
  try {
    await keepChanged(folder, {
      from,
      into,
      timeNs: BigInt(timeNs),
      note: async (path, kind) => {
        if (known.has(path)) return;
        await log.addMember({ path, kind, code: "changed" });
        clearing.found(1);
        clearing.failed(path, kind, new TreeError("changed", "others changed it since the work began"));
      },
    });
  } finally {
    from.close();
    into.close();
  }
}

async function removeAside(context: FolderTreeContext, { to, log }: Clearing): Promise<boolean> {
  const { folder } = context;
  const { aside } = log.facts.names;
  const old = await folder.calls.find(to.at(aside));
  const remove = old?.isDirectory() === true ? removeDirectory : removeFile;
  if (old === undefined) return true;
  if (await remove(folder, to, aside, silently)) {
    // Else it could come back when nothing knows of it any more.
    await folder.calls.syncNames(to.self);
    return true;
  }
  context.left(to.path);
  return false;
}
