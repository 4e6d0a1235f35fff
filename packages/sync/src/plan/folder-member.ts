import type { MemberError } from "../folders/folder-work.ts";

/** What tells one state of a document from another. */
export interface DocumentFacts {
  /** Bytes. */
  readonly size?: number | undefined;
  /** Whole milliseconds since the epoch; servers tell whole seconds. */
  readonly modifiedMs?: number | undefined;
  readonly etag?: string | undefined;
}

/** How a member is called. */
export interface MemberName {
  readonly name: string;
  /** How the server writes the name, where that is not how we would. */
  readonly encoded?: string;
  /** The server has another name for it than this machine: `name` is ours. */
  readonly alias?: true;
}

/** A member of a collection or local folder, with no more than the plan needs: there may be very many. */
export type FolderMember =
  | ({
      readonly kind: "document";
      /** The server did not tell its type: it may be a collection (RFC 4918 §15.9). */
      readonly untyped?: true;
    } & MemberName &
      DocumentFacts)
  | ({ readonly kind: "collection" } & MemberName)
  /** Something is there that has no counterpart: it is told, and kept from being replaced or deleted. */
  | { readonly kind: "other"; readonly name: string; readonly problem: MemberError };

/** How the place where files shall be compares names. */
export interface NameFolding {
  readonly ignoresCase: boolean;
  /** Whether the Unicode normalization forms of a name are one name. */
  readonly ignoresForm: boolean;
}

/**
 * Names with the same key are the same name. File systems differ in the rarest letters; what this misses is noticed
 * when something is there already where nothing should be.
 */
function nameKey(name: string, { ignoresCase, ignoresForm }: NameFolding): string {
  const formed = ignoresForm ? name.normalize("NFC") : name;
  return ignoresCase ? formed.toLowerCase() : formed;
}

/** Members by key. Of those with the same key the first is kept, the others are told. */
export function byKey(
  members: readonly FolderMember[],
  folding: NameFolding,
  collision: (name: string) => MemberError,
): Map<string, FolderMember> {
  const keyed = new Map<string, FolderMember>();
  for (const member of members) {
    // No name has NUL in it, so these meet nothing of the other side unless it is a real name there.
    const key = nameKey(member.name, folding);
    if (!keyed.has(key)) keyed.set(key, member);
    else if (member.kind === "other") keyed.set(`\0${keyed.size}`, member);
    else keyed.set(`\0${keyed.size}`, { kind: "other", name: member.name, problem: collision(member.name) });
  }
  return keyed;
}
