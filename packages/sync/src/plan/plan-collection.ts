import { encodeName } from "@meanwhile/dav";
import { MemberError, type MemberFailure } from "../folders/folder-work.ts";
import type { KnownMembers } from "../record/sync-record.ts";
import { compareDocument, sameRemote } from "./compare-document.ts";
import type { DocumentFacts, FolderMember } from "./folder-member.ts";
import type { FoundSame, MemberPlace, PlanPolicy, Removal, Transfer } from "./folder-plan.ts";

/** What is to be done about one member; for collections also what is to be looked at next. */
export type Decision =
  | ({ readonly act: "same" } & FoundSame)
  | ({ readonly act: "transfer"; readonly removal?: Removal } & Transfer)
  | ({ readonly act: "create"; readonly removal?: Removal } & MemberPlace)
  | ({ readonly act: "enter" } & MemberPlace)
  | ({ readonly act: "remove" } & Removal)
  | ({ readonly act: "fail" } & MemberFailure)
  /** Something of the destination is kept: the collections that it is in must be kept too. */
  | ({ readonly act: "ignore" } & MemberFailure);

/** Both sides of one collection, by the key of their names. */
export interface CollectionSides {
  readonly place: MemberPlace;
  readonly source: ReadonlyMap<string, FolderMember>;
  readonly destination: ReadonlyMap<string, FolderMember>;
  /** Whether the destination told of all its members. */
  readonly destinationWhole: boolean;
}

/** Compares the members of one collection on both sides. A pure function. */
export function* planCollection(
  { place, source, destination, destinationWhole }: CollectionSides,
  known: KnownMembers,
  policy: PlanPolicy,
): Generator<Decision, void, void> {
  const taken = takenNames(destination);
  for (const [key, member] of source) {
    const there = destination.get(key);
    const path = within(place.path, member.name);
    const absence = there === undefined && member.kind !== "other";
    if (absence && !destinationWhole) yield { act: "fail", path, error: unlisted() };
    else if (absence && taken.has(encodeName(member.name))) yield { act: "fail", path, error: takenName() };
    else yield decide(place, member, there, known, policy);
  }
  for (const [key, member] of destination) {
    if (!source.has(key)) yield* surplus(place, member, known, policy);
  }
}

function decide(
  place: MemberPlace,
  source: FolderMember,
  destination: FolderMember | undefined,
  known: KnownMembers,
  policy: PlanPolicy,
): Decision {
  const at = memberPlace(place, source, destination, policy.direction);
  if (source.kind === "other") return told(at.path, source.problem);
  if (destination === undefined) {
    if (source.kind === "collection") return { act: "create", ...at };
    return {
      act: "transfer",
      ...at,
      source: factsOnly(source),
      replaced: undefined,
      ...(policy.direction === "up" && before(at, source, known)),
    };
  }
  // Whatever is there is neither followed nor replaced.
  if (destination.kind === "other") return { act: "fail", path: at.path, error: destination.problem };
  if (source.kind === "collection" && destination.kind === "collection") return { act: "enter", ...at };
  if (source.kind === "document" && destination.kind === "document") {
    return decideDocument(at, source, destination, known, policy);
  }
  if (destination.kind === "document" && destination.untyped === true)
    return { act: "fail", path: at.path, error: untyped() };
  if (!policy.replace) {
    const message = `a ${source.kind} here, a ${destination.kind} there`;
    return { act: "fail", path: at.path, error: new MemberError("type-differs", message) };
  }
  const removal = removalOf(place, destination, policy.direction);
  if (destination.kind === "document" && changedThere(at, destination, known, policy))
    return conflict(at.path);
  return source.kind === "collection"
    ? { act: "create", ...at, removal }
    : { act: "transfer", ...at, source: factsOnly(source), replaced: undefined, removal };
}

function decideDocument(
  at: MemberPlace,
  source: DocumentFacts,
  destination: DocumentFacts,
  known: KnownMembers,
  policy: PlanPolicy,
): Decision {
  const up = policy.direction === "up";
  const local = up ? source : destination;
  const remote = up ? destination : source;
  const record = known.recordOf(at.local);
  const { direction, overwrite, clockAheadMs } = policy;
  const { complete } = known;
  const verdict = compareDocument({ direction, local, remote, record, complete, overwrite, clockAheadMs });
  switch (verdict) {
    case "same": {
      const localSize = local.size ?? 0;
      const localModifiedMs = local.modifiedMs ?? 0;
      const record = { localSize, localModifiedMs, remote: factsOnly(remote) };
      return { act: "same", local: at.local, record };
    }
    case "transfer":
      return { act: "transfer", ...at, source: factsOnly(source), replaced: factsOnly(destination) };
    case "conflict":
      return conflict(at.path);
  }
}

/** Members that only the destination has. */
function* surplus(
  place: MemberPlace,
  member: FolderMember,
  known: KnownMembers,
  policy: PlanPolicy,
): Generator<Decision, void, void> {
  if (!policy.delete) return;
  const at = memberPlace(place, member, member, policy.direction);
  if (member.kind === "other") yield told(at.path, member.problem, true);
  else if (member.kind === "document" && member.untyped === true) yield told(at.path, untyped(), true);
  else if (member.kind === "document" && changedThere(at, member, known, policy)) yield conflict(at.path);
  else yield { act: "remove", ...removalOf(place, member, policy.direction) };
}

/** Whether a document that is to go was changed at the destination since both sides were the same. */
function changedThere(
  at: MemberPlace,
  destination: DocumentFacts,
  known: KnownMembers,
  policy: PlanPolicy,
): boolean {
  const record = known.recordOf(at.local);
  if (policy.overwrite || record === undefined || record === "begun") return false;
  if (policy.direction === "up") return !sameRemote(destination, record.remote);
  return destination.size !== record.localSize || destination.modifiedMs !== record.localModifiedMs;
}

function conflict(path: string): Decision {
  const message = "it was changed at the destination since both sides were the same";
  return { act: "fail", path, error: new MemberError("conflict", message) };
}

/**
 * Links and devices of this machine are no failure: nobody can put them on a server. Nor is a surplus member that is kept,
 * unless what it is was not told.
 */
function told(path: string, problem: MemberError, surplus = false): Decision {
  const ours = problem.code === "symbolic-link" || problem.code === "special-file";
  const kept = surplus && problem.code !== "not-listed";
  return { act: ours || kept ? "ignore" : "fail", path, error: problem };
}

/** Names of the destination that stand for other ones of the source. */
function takenNames(destination: ReadonlyMap<string, FolderMember>): ReadonlySet<string> {
  const taken = new Set<string>();
  for (const member of destination.values()) {
    if (member.kind !== "other" && member.alias === true && member.encoded !== undefined)
      taken.add(member.encoded);
  }
  return taken;
}

function takenName(): MemberError {
  return new MemberError("name-collision", "the server uses that name for another one");
}

function untyped(): MemberError {
  return new MemberError("not-listed", "the server does not tell whether it is a file or a folder");
}

function unlisted(): MemberError {
  return new MemberError("not-listed", "the server did not list all of its folder, so it may be there");
}

/** What the server had of a document when both sides were last the same, though it does not list it now. */
function before(at: MemberPlace, source: DocumentFacts, known: KnownMembers): Pick<Transfer, "before"> {
  const record = known.recordOf(at.local);
  if (record === undefined || record === "begun") return {};
  const changed = source.size !== record.localSize || source.modifiedMs !== record.localModifiedMs;
  return { before: { facts: record.remote, changed } };
}

function removalOf(
  place: MemberPlace,
  member: Extract<FolderMember, { readonly kind: "document" | "collection" }>,
  direction: "up" | "down",
): Removal {
  const at = memberPlace(place, member, member, direction);
  return { ...at, kind: member.kind, facts: member.kind === "document" ? factsOnly(member) : {} };
}

/** Where a member is, as each side names it; where a side has it not yet, as the other one does. */
function memberPlace(
  { path, local, href }: MemberPlace,
  source: FolderMember,
  destination: FolderMember | undefined,
  direction: "up" | "down",
): MemberPlace {
  const localMember = direction === "up" ? source : (destination ?? source);
  const remoteMember = direction === "up" ? (destination ?? source) : source;
  const encoded =
    (remoteMember.kind === "other" ? undefined : remoteMember.encoded) ?? encodeName(remoteMember.name);
  const ownPath = within(path, source.name);
  return {
    path: ownPath,
    local: local === path && localMember.name === source.name ? ownPath : within(local, localMember.name),
    href: `${href}${encoded}${source.kind === "collection" ? "/" : ""}`,
  };
}

function within(path: string, name: string): string {
  return path === "" ? name : `${path}/${name}`;
}

/** Without names, which the place has; all of one shape, which takes the least memory. */
function factsOnly({ size, modifiedMs, etag }: DocumentFacts): DocumentFacts {
  return { size, modifiedMs, etag };
}
