import type { BigIntStats } from "node:fs";
import { type Resource, TreeError } from "@meanwhile/server/store";
import type { Directory, Folder } from "./folder.ts";
import { type Identity, identityOf } from "./identity.ts";
import { hasChangedMembers } from "./keep-changed.ts";
import type { Standing } from "./work-facts.ts";

/** Something that is to get a name, and the name. */
export interface Placing {
  readonly from: Directory;
  readonly fromName: string;
  readonly kind: Resource["kind"];
  readonly identity: Identity;
  readonly to: Directory;
  readonly toName: string;
  /** What had the name when the work began. */
  readonly standing: Standing | undefined;
  /** The reserved name that it gets to make room. */
  readonly aside: string;
  /** Whether an earlier process may have done some of it. */
  readonly resumed: boolean;
  /** The time of the file system when the work began. */
  readonly timeNs: string | undefined;
}

/**
 * Gives something its name, by renaming. A document replaces a document in one step. Otherwise what has the name is
 * put aside first, and brought back should the renaming fail; removing it is the caller's.
 *
 *     standing at its name ──▶ standing aside, nothing at the name ──▶ placed
 *
 * Each of the three is told by what has the names, so whoever is ended in the middle can go on from there.
 *
 * @throws {TreeError} "changed" where others put something else at the name since the work began, or changed members
 *   of a collection there, which can have no place in a document
 */
export async function place(folder: Folder, placing: Placing): Promise<void> {
  const { from, fromName, kind, to, toName, standing, aside } = placing;
  const there = await folder.calls.find(to.at(toName));
  if (there !== undefined && identityOf(there) === placing.identity) return;
  if (placing.resumed && there !== undefined) {
    refuseChanged(there, standing);
    if (kind === "document" && there.isDirectory()) await refuseChangedMembers(folder, placing);
  }
  const put = () => folder.calls.rename(from.at(fromName), to.at(toName));
  if (there === undefined ? !placing.resumed : there.isDirectory() === false && kind === "document") {
    await put();
    return;
  }
  if (there !== undefined) await folder.calls.rename(to.at(toName), to.at(aside));
  try {
    await put();
  } catch (error) {
    await bringBack(folder, placing);
    throw error;
  }
}

/** Gives what was put aside its name again. */
export async function bringBack(
  folder: Folder,
  { to, toName, aside }: Pick<Placing, "to" | "toName" | "aside">,
): Promise<void> {
  if ((await folder.calls.find(to.at(aside))) === undefined) return;
  if ((await folder.calls.find(to.at(toName))) !== undefined) return;
  await folder.calls.rename(to.at(aside), to.at(toName));
}

function refuseChanged(there: BigIntStats, standing: Standing | undefined): void {
  const same = standing !== undefined && identityOf(there) === standing.identity;
  if (same && (there.isDirectory() || there.ctimeNs === BigInt(standing.ctimeNs))) return;
  throw new TreeError("changed", "the destination was replaced since the work began");
}

async function refuseChangedMembers(folder: Folder, { to, toName, timeNs }: Placing): Promise<void> {
  if (timeNs === undefined) return;
  const directory = await folder.enter(to, toName);
  try {
    if (await hasChangedMembers(folder, directory, BigInt(timeNs))) {
      throw new TreeError("changed", "members of the destination were changed since the work began");
    }
  } finally {
    directory.close();
  }
}
