/** How one finds out at a destination which of its members is the one that was just written. */
import { join } from "node:path";
import type { DavClient, Patience } from "@meanwhile/client";
import type { FolderSurroundings } from "../local/folder-surroundings.ts";
import { isMissing } from "../local/list-local.ts";
import { sameTag } from "../plan/compare-document.ts";
import type { DocumentFacts, FolderMember } from "../plan/folder-member.ts";
import type { MemberPlace } from "../plan/folder-plan.ts";
import { lookAtRemote } from "../remote/remote-facts.ts";

/** A member that the destination listed. */
export type ListedMember = Extract<FolderMember, { readonly kind: "document" | "collection" }>;

/** Whether a listed member is the one that is found under a name: "maybe" where nothing speaks against it. */
export type Likeness = "no" | "maybe" | "certain";

/** What is under a name that was written. */
export interface FoundMember {
  readonly isThere: boolean;
  /** Undefined where nothing was told of it, and for a collection. */
  readonly facts: DocumentFacts | undefined;
  /** @param folder where the listed member is */
  compare(folder: MemberPlace, listed: ListedMember): Promise<Likeness>;
}

/** Looks under the name itself. */
export type LookUnderName = (place: MemberPlace, kind: "document" | "collection") => Promise<FoundMember>;

/** Of a server only what it tells can be compared: where that differs, they are two. */
export function lookAtServer(client: DavClient, patience: Patience): LookUnderName {
  return async ({ href }) => {
    const there = await lookAtRemote(client, new URL(href), patience);
    return {
      isThere: there.kind !== "nothing",
      facts: there.kind === "document" ? there.facts : undefined,
      async compare(_folder, listed) {
        if (there.kind === "nothing") return "maybe";
        if (there.kind !== listed.kind) return "no";
        return there.kind === "document" && listed.kind === "document"
          ? likeness(there.facts, listed)
          : "maybe";
      },
    };
  };
}

function likeness(one: DocumentFacts, other: DocumentFacts): Likeness {
  const tags = one.etag !== undefined && other.etag !== undefined;
  if (tags && !sameTag(one.etag ?? "", other.etag)) return "no";
  const known = (fact: "size" | "modifiedMs"): boolean =>
    one[fact] !== undefined && other[fact] !== undefined;
  const differ = (fact: "size" | "modifiedMs"): boolean => known(fact) && one[fact] !== other[fact];
  if (differ("size") || differ("modifiedMs")) return "no";
  return tags && known("size") && known("modifiedMs") ? "certain" : "maybe";
}

/** A file system has a number for each file. */
export function lookAtFiles(folder: string, { fileSystem }: FolderSurroundings): LookUnderName {
  const identity = async (local: string): Promise<string | undefined> => {
    try {
      const { dev, ino } = await fileSystem.lstat(join(folder, local), { bigint: true });
      return ino === 0n ? undefined : `${dev} ${ino}`;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };
  return async ({ local }) => {
    const own = await identity(local);
    return {
      isThere: own !== undefined,
      facts: undefined,
      async compare(place, listed) {
        const other = await identity(place.local === "" ? listed.name : `${place.local}/${listed.name}`);
        if (own === undefined || other === undefined) return "maybe";
        return own === other ? "certain" : "no";
      },
    };
  };
}
