import { nameOf, parentOf, type ResourcePath } from "@meanwhile/dav";
import { completeOverwriting } from "../documents/overwrite.ts";
import type { Directory } from "../paths/folder.ts";
import { type Identity, isIdentity } from "../paths/identity.ts";
import { isListed } from "../paths/listed-names.ts";
import { keptOf } from "../placing/clear-aside.ts";
import { bringBack } from "../placing/place.ts";
import { removePlaceholder } from "../placing/place-new.ts";
import type { FolderTreeContext } from "../trees/folder-tree-context.ts";
import { removeDirectory, removeFile, silently } from "../trees/remove-tree.ts";
import type { WorkFacts } from "./work-facts.ts";

/**
 * Tidies up after works that will not be resumed: what they put aside is brought back where nothing took its name,
 * what they staged is removed; what they put in place gets the dead properties that could not be recorded then.
 */
export async function undoWorks(context: FolderTreeContext, resumed: ReadonlySet<string>): Promise<void> {
  const kept = new Set(resumed);
  for (const { id, facts, forget } of context.works.unresumed(resumed)) {
    const forgotten = (await undo(context, id, facts)) && (await succeeds(forget));
    if (!forgotten) kept.add(id);
  }
  await context.deadProperties.keepSettled(kept);
}

/** What cannot be forgotten is undone once more at the next start, which finds nothing to do. */
function succeeds(forget: () => Promise<void>): Promise<boolean> {
  return forget().then(
    () => true,
    () => false,
  );
}

/** @returns false if something is left, for the next start */
async function undo(context: FolderTreeContext, id: string, facts: WorkFacts): Promise<boolean> {
  if (facts.ended === true || leavesNothing(facts)) return true;
  const target = facts.destination ?? facts.source;
  try {
    await settleProperties(context, id, facts);
    return await undoAt(context, facts, target);
  } catch {
    // A file system that is read-only by now, or cannot be read, does not keep the server from its start.
    context.left(parentOf(target) ?? target);
    return false;
  }
}

/** A removal, or a move by a link and an unlink, that may well have ended: the document is there, at one name or both. */
function leavesNothing({ light, method, placeholder }: WorkFacts): boolean {
  return light === true && method !== "copy" && placeholder === undefined;
}

/** Where it is in place, as the work recorded it, and its properties are not. */
async function settleProperties(context: FolderTreeContext, id: string, facts: WorkFacts): Promise<void> {
  const { destination, source, method, staged, settled } = facts;
  if (
    destination === undefined ||
    settled === true ||
    facts.light === true ||
    !(await isPlaced(context, facts, destination))
  )
    return;
  const { deadProperties } = context;
  const kept = keptOf({ facts });
  if (method === "move" && staged === undefined) {
    await deadProperties.move(source, destination, { kept, once: id });
    return;
  }
  const left = new Set(facts.failed.flatMap(({ path, was }) => (was === undefined ? [path] : [])));
  const depth = facts.depth ?? "infinity";
  const copied = await deadProperties.copy(source, destination, { depth, left, once: id });
  await copied.settle(kept);
}

async function isPlaced(
  context: FolderTreeContext,
  facts: WorkFacts,
  destination: ResourcePath,
): Promise<boolean> {
  if (facts.mounted === true) return facts.overwritten === true;
  const { identity, staged } = facts;
  const moved = facts.method === "move" && staged === undefined;
  if (!moved && staged === undefined) return false;
  const isThere = (path: ResourcePath, of: Identity): Promise<boolean> =>
    within(context, path, false, async (directory) => {
      const { folder } = context;
      const there = await folder.calls.find(directory.at(nameOf(path)));
      if (there === undefined || !isIdentity(there, of)) return false;
      // By another spelling, it is found at both.
      return facts.respells !== true || (await isListed(folder, directory, nameOf(path)));
    });
  if (!(await isThere(destination, staged ?? identity))) return false;
  return !moved || !(await isThere(facts.source, identity));
}

async function undoAt(context: FolderTreeContext, facts: WorkFacts, target: ResourcePath): Promise<boolean> {
  const { aside, clock, staged } = facts.names;
  const inSource = facts.method === "move" ? [clock] : [];
  const names = [clock, ...(staged === undefined ? [] : [staged]), ...(facts.stuck === true ? [] : [aside])];
  const clean = await within(context, target, true, async (to) => {
    if (facts.overwriting === true && facts.overwritten !== true) {
      const old = { directory: to, name: nameOf(target), draft: aside, backup: aside };
      await completeOverwriting(context.folder, old);
    }
    if (facts.mounted === true) await removeNames(context, to, [aside]);
    await bringBack(context.folder, { to, toName: nameOf(target), aside });
    if (await isUnplaced(context, to, facts)) {
      await removePlaceholder(context.folder, to, nameOf(target), { facts });
    }
    const removed = (await isSynced(context, to)) && (await removeNames(context, to, names));
    return removed && (await context.folder.calls.find(to.at(aside))) === undefined;
  });
  if (!clean) context.left(parentOf(target) ?? target);
  return (await within(context, facts.source, true, (from) => removeNames(context, from, inSource))) && clean;
}

/** Whether what was staged is there yet: else it got its name, and what has that name now is no placeholder. */
async function isUnplaced(
  { folder }: FolderTreeContext,
  to: Directory,
  { staged, names }: WorkFacts,
): Promise<boolean> {
  if (staged === undefined || names.staged === undefined) return true;
  return (await folder.calls.find(to.at(names.staged))) !== undefined;
}

/** @param otherwise where there is no such collection any more */
async function within(
  { folder }: FolderTreeContext,
  path: ResourcePath,
  otherwise: boolean,
  act: (directory: Directory) => Promise<boolean>,
): Promise<boolean> {
  const parent = parentOf(path);
  const directory = parent === undefined ? undefined : await folder.directory(parent);
  if (directory === undefined) return otherwise;
  try {
    return await act(directory);
  } finally {
    directory.close();
  }
}

async function removeNames(
  { folder }: Pick<FolderTreeContext, "folder">,
  directory: Directory,
  names: readonly string[],
): Promise<boolean> {
  let clean = true;
  for (const name of names) {
    const there = await folder.calls.find(directory.at(name));
    if (there === undefined) continue;
    const remove = there.isDirectory() ? removeDirectory : removeFile;
    clean = (await remove(folder, directory, name, silently)) && clean;
  }
  return (await isSynced({ folder }, directory)) && clean;
}

/** Where it fails, the next start tries again. */
function isSynced({ folder }: Pick<FolderTreeContext, "folder">, directory: Directory): Promise<boolean> {
  return folder.calls.syncNames(directory.self).then(
    () => true,
    () => false,
  );
}
