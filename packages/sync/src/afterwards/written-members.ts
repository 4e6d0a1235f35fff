import { MemberError } from "../folders/folder-work.ts";
import type { MemberPlace, Transfer } from "../plan/folder-plan.ts";
import type { SyncRecord } from "../record/sync-record.ts";

/** A member that was written, or that the destination refused because something has its name. */
export interface WrittenMember {
  readonly place: MemberPlace;
  readonly kind: "document" | "collection";
  /** The destination did not list it before. */
  readonly isNew: boolean;
  /** What was noted of a document; undefined where it was refused, and for a collection. */
  readonly record: SyncRecord | undefined;
  /** When it was done, by our clock. */
  readonly endedMs: number;
}

/** A collection, or local folder, with the members that were written into it. */
export interface WrittenFolder {
  readonly place: MemberPlace;
  readonly members: readonly WrittenMember[];
}

/** Gathers what one work wrote, by the collections that it is in. */
export class WrittenMembers {
  readonly #now: () => number;
  readonly #folders = new Map<string, { readonly place: MemberPlace; readonly members: WrittenMember[] }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Each folder in which something was written, with what was written in it. */
  get folders(): readonly WrittenFolder[] {
    return [...this.#folders.values()];
  }

  document(transfer: Transfer, record: SyncRecord): void {
    this.#add(transfer, "document", transfer.replaced === undefined, record);
  }

  collection(place: MemberPlace): void {
    this.#add(place, "collection", true, undefined);
  }

  /** It was to be new, and something has its name: perhaps under another one, which is listed. */
  refused(transfer: Transfer, error: unknown): void {
    const taken = error instanceof MemberError && error.code === "changed-meanwhile";
    if (taken && transfer.replaced === undefined) this.#add(transfer, "document", true, undefined);
  }

  #add(
    { path, local, href }: MemberPlace,
    kind: "document" | "collection",
    isNew: boolean,
    record: SyncRecord | undefined,
  ): void {
    const place = { path, local, href };
    const member = { place, kind, isNew, record, endedMs: this.#now() };
    const parent = parentOf(place);
    const folder = this.#folders.get(parent.path);
    if (folder === undefined) this.#folders.set(parent.path, { place: parent, members: [member] });
    else folder.members.push(member);
  }
}

/** Where the collection of a member is. */
export function parentOf({ path, local, href }: MemberPlace): MemberPlace {
  const above = href.replace(/\/$/, "");
  return {
    path: path.slice(0, Math.max(path.lastIndexOf("/"), 0)),
    local: local.slice(0, Math.max(local.lastIndexOf("/"), 0)),
    href: above.slice(0, above.lastIndexOf("/") + 1),
  };
}
