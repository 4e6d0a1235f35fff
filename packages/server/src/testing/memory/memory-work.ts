/** COPY, MOVE and DELETE of whole trees in memory: first all members are found, then each is dealt with. */
import { memberPath, nameOf, parentOf, type ResourcePath } from "@meanwhile/dav";
import { TreeError, type TreeWork } from "../../store.ts";
import { emptyCollection, type MemoryCollection, type MemoryResource } from "./memory-resource.ts";

/** One member of the source, as the work found it. */
export interface PlannedMember {
  readonly path: ResourcePath;
  readonly resource: MemoryResource;
  /** Undefined for the root of the source. */
  readonly parent: PlannedMember | undefined;
  /** Why it cannot be dealt with; members below it are then not looked at. */
  readonly failure: TreeError | undefined;
  /** It stays, because something below it stays. */
  kept: boolean;
}

/** @throws {TreeError} "stopped" if the work's signal asks for it. */
export function stopIfAsked(work: TreeWork): void {
  if (work.signal.aborted) throw new TreeError("stopped");
}

/** Finds all members that the work is about, the root first, each before its own members. */
export function planWork(
  root: ResourcePath,
  resource: MemoryResource,
  depth: "0" | "infinity",
  work: TreeWork,
  failureOf: (path: ResourcePath) => TreeError | undefined,
): readonly PlannedMember[] {
  const plan: PlannedMember[] = [
    { path: root, resource, parent: undefined, failure: undefined, kept: false },
  ];
  work.found(1);
  // The plan grows while it is walked.
  for (const parent of plan) {
    if (depth === "0" || parent.failure !== undefined || parent.resource.kind === "document") continue;
    let found = 0;
    for (const [name, member] of parent.resource.members) {
      const path = memberPath(parent.path, name);
      if (work.skipped.has(path)) {
        keepWithAncestors(parent);
        continue;
      }
      plan.push({ path, resource: member, parent, failure: failureOf(path), kept: false });
      found += 1;
    }
    if (found > 0) work.found(found);
  }
  work.counted();
  return plan;
}

/** Makes the copy, which is nowhere in the tree yet. */
export async function copyPlan(
  plan: readonly PlannedMember[],
  work: TreeWork,
  how: { readonly partBytes: number; readonly nowMs: number; readonly newEtag: () => string },
): Promise<MemoryResource> {
  const copies = new Map<PlannedMember | undefined, MemoryResource>();
  for (const member of plan) {
    await betweenMembers(work);
    if (member.failure !== undefined) {
      work.failed(member.path, member.resource.kind, member.failure);
      continue;
    }
    if (member.resource.kind === "document")
      await inParts(member.path, member.resource.content.byteLength, how.partBytes, work);
    const copy = copyOf(member.resource, how.nowMs, how.newEtag);
    copies.set(member, copy);
    enter(copies.get(member.parent), member.path, copy);
    work.done(member.path, member.resource.kind);
  }
  const root = copies.get(plan[0]);
  if (root === undefined) throw new TreeError("unavailable");
  return root;
}

/** @throws {TreeError} "incomplete" where members failed */
export function refusePartial(plan: readonly PlannedMember[]): void {
  if (plan.some(({ failure }) => failure !== undefined)) throw new TreeError("incomplete");
}

/**
 * Makes the moved tree from the members that are to move, all or none. Nothing of the source is changed before `leave`, which
 * takes out what was moved.
 */
export async function movePlan(
  plan: readonly PlannedMember[],
  work: TreeWork,
  nowMs: number,
): Promise<{ readonly resource: MemoryResource; leave(parent: MemoryCollection, name: string): void }> {
  for (const { path, resource, failure } of plan) {
    if (failure !== undefined) work.failed(path, resource.kind, failure);
  }
  refusePartial(plan);
  const moved = new Map<PlannedMember | undefined, MemoryResource>();
  for (const member of plan) {
    await betweenMembers(work);
    const resource =
      member.resource.kind === "document" ? member.resource : copyOf(member.resource, nowMs, () => "");
    moved.set(member, resource);
    enter(moved.get(member.parent), member.path, resource);
  }
  const root = moved.get(plan[0]);
  if (root === undefined) throw new TreeError("unavailable");
  return {
    resource: root,
    leave: (parent, name) => {
      for (const member of plan.toReversed()) {
        if (!member.kept) takeOut(member, parent, name);
        work.done(member.path, member.resource.kind);
      }
    },
  };
}

/** Removes members first; those that fail, and their ancestors, stay. */
export async function removePlan(
  plan: readonly PlannedMember[],
  work: TreeWork,
  parent: MemoryCollection,
  name: string,
  failureOf: (path: ResourcePath) => TreeError | undefined,
): Promise<void> {
  for (const member of plan.toReversed()) {
    await betweenMembers(work);
    if (member.kept) continue;
    const failure = failureOf(member.path) ?? occupied(member.resource);
    if (failure !== undefined) {
      if (member.parent !== undefined) keepWithAncestors(member.parent);
      work.failed(member.path, member.resource.kind, failure);
      continue;
    }
    takeOut(member, parent, name);
    work.done(member.path, member.resource.kind);
  }
}

function keepWithAncestors(member: PlannedMember): void {
  for (let at: PlannedMember | undefined = member; at !== undefined && !at.kept; at = at.parent)
    at.kept = true;
}

function takeOut(member: PlannedMember, parent: MemoryCollection, name: string): void {
  const holder = member.parent === undefined ? parent : member.parent.resource;
  const memberName = member.parent === undefined ? name : nameOf(member.path);
  // Somebody else may have put another resource there meanwhile.
  if (holder.kind === "collection" && holder.members.get(memberName) === member.resource) {
    holder.members.delete(memberName);
  }
}

function occupied(resource: MemoryResource): TreeError | undefined {
  const empty = resource.kind === "document" || resource.members.size === 0;
  return empty ? undefined : new TreeError("busy", "the collection got new members while it was removed");
}

function enter(holder: MemoryResource | undefined, path: ResourcePath, resource: MemoryResource): void {
  if (holder?.kind === "collection" && parentOf(path) !== undefined)
    holder.members.set(nameOf(path), resource);
}

function copyOf(resource: MemoryResource, nowMs: number, newEtag: () => string): MemoryResource {
  const { properties } = resource;
  if (resource.kind === "collection") return { ...emptyCollection(nowMs), properties };
  return { ...resource, etag: newEtag(), modifiedMs: nowMs, createdMs: nowMs };
}

async function inParts(path: ResourcePath, length: number, partBytes: number, work: TreeWork): Promise<void> {
  for (let done = partBytes; done < length; done += partBytes) {
    work.bytes(done, length, path);
    await betweenMembers(work);
  }
}

/** Lets others run, and stops where that is asked for. */
async function betweenMembers(work: TreeWork): Promise<void> {
  await Promise.resolve();
  stopIfAsked(work);
}
