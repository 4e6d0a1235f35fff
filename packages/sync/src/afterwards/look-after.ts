/**
 * Looks what became of what was written: servers, and some file systems, change names, and servers change contents. What
 * they made of them is learned, so that the next work finds all as it is.
 */

import { alikeName } from "@meanwhile/client/internal";
import { encodeName } from "@meanwhile/dav";
import { MemberError } from "../folders/folder-work.ts";
import type { FolderMember } from "../plan/folder-member.ts";
import type { MemberPlace, Removal } from "../plan/folder-plan.ts";
import type { FolderSide } from "../plan/plan-folder.ts";
import { workThrough } from "../run/work-through.ts";
import { type SettlingContent, settleContent } from "./settle-content.ts";
import type { FoundMember, ListedMember, LookUnderName } from "./written-look.ts";
import { parentOf, type WrittenFolder, type WrittenMember } from "./written-members.ts";

export interface LookingAfter extends SettlingContent {
  readonly source: FolderSide;
  /** With the destination's own names. */
  readonly destination: FolderSide;
  readonly lookUnder: LookUnderName;
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

/**
 * Lists each collection once more that was written to: to learn names and contents, where that is kept, and where something
 * in it is to be removed.
 *
 * @returns the removals that may be done: none of what may be, under another name, what was just written
 */
export async function lookAfter(
  options: LookingAfter,
  folders: readonly WrittenFolder[],
  removals: readonly Removal[],
): Promise<readonly Removal[]> {
  const surplus = new Map<string, Removal[]>();
  for (const removal of removals) {
    const { path } = parentOf(removal);
    surplus.set(path, [...(surplus.get(path) ?? []), removal]);
  }
  const kept = new Set<string>();
  const learns = options.state !== undefined;
  const renamed = new Map<string, string>();
  await workThrough(folders, options.concurrency, options.signal, async (folder) => {
    const inIt = surplus.get(folder.place.path) ?? [];
    const isNew = folder.members.some((member) => member.isNew);
    if (!learns && !(isNew && inIt.length > 0)) return;
    try {
      for (const path of await new FolderLook(options, folder, renamed).keptOf(inIt)) kept.add(path);
    } catch (error) {
      // Nothing is learned then: the next work compares what it finds.
      if (options.signal.aborted) throw error;
      const deletes = inIt.length > 0 && options.tally.breakdowns === 0;
      if (deletes && error instanceof Error) options.tally.failed(folder.place.path, error);
    }
  });
  // The deepest first: what is noted of their members has the names of all folders as they were written.
  const deepest = [...renamed].sort(([one], [other]) => other.length - one.length);
  for (const [from, to] of deepest) options.state?.folderRenamed(from, to);
  return kept.size === 0 ? removals : removals.filter(({ path }) => !isIn(path, kept));
}

function isIn(path: string, kept: ReadonlySet<string>): boolean {
  for (let cut = path.length; cut > 0; cut = path.lastIndexOf("/", cut - 1)) {
    if (kept.has(path.slice(0, cut))) return true;
  }
  return false;
}

function notThere(rival: string | undefined): MemberError {
  if (rival === undefined)
    return new MemberError("name-changed", "the server took it, and has it under no name that can be told");
  const message = `it and ${JSON.stringify(rival)} are one at the destination: only what was sent last is there`;
  return new MemberError("name-collision", message);
}

/** A member that is not listed under its name, and what it seems to have become. */
interface SoughtMember {
  readonly member: WrittenMember;
  readonly found: FoundMember;
  readonly other: ListedMember | undefined;
  /** Where that cannot be told: the only listed member that nothing speaks against. */
  readonly perhaps: ListedMember | undefined;
}

class FolderLook {
  readonly #options: LookingAfter;
  readonly #folder: WrittenFolder;
  readonly #listed = new Map<string, FolderMember>();
  #sourceNames: ReadonlySet<string> | undefined;
  /** Local folders that have another name than they were given. */
  readonly #renamed: Map<string, string>;

  constructor(options: LookingAfter, folder: WrittenFolder, renamed: Map<string, string>) {
    this.#options = options;
    this.#renamed = renamed;
    this.#folder = folder;
  }

  /** @returns the paths of those that must not be removed */
  async keptOf(surplus: readonly Removal[]): Promise<ReadonlySet<string>> {
    const { destination } = this.#options;
    for await (const member of destination.list(this.#folder.place)) this.#listed.set(member.name, member);
    const kept = new Set<string>();
    // Gone, or renamed by what was written: to remove it by its old name might remove that.
    for (const removal of surplus) if (!this.#listed.has(this.#nameAt(removal))) kept.add(removal.path);
    const missing: WrittenMember[] = [];
    for (const member of this.#folder.members) {
      const listed = this.#listed.get(this.#nameAt(member.place));
      if (listed !== undefined) await settleContent(this.#options, member, listed);
      else if (member.isNew) missing.push(member);
    }
    const sought: SoughtMember[] = [];
    for (const member of missing) {
      const found = await this.#options.lookUnder(member.place, member.kind);
      sought.push({ member, found, ...(await this.#otherName(member, found)) });
    }
    const rivals = sought.map((each) => this.#rivalOf(each, sought));
    for (const [index, each] of sought.entries()) await this.#settle(each, rivals[index], surplus, kept);
    return kept;
  }

  /** The name of a member as the destination was told it. */
  #nameAt({ local, href }: MemberPlace): string {
    if (this.#options.direction === "down") return local.slice(local.lastIndexOf("/") + 1);
    return decodeURIComponent(href.replace(/\/$/, "").replace(/^.*\//, ""));
  }

  async #settle(
    { member, found, other }: SoughtMember,
    rival: string | undefined,
    surplus: readonly Removal[],
    kept: Set<string>,
  ): Promise<void> {
    const { state, tally } = this.#options;
    const { place, record } = member;
    if (other !== undefined && rival === undefined) {
      tally.renamed(place.path, other.name);
      await this.#note(member, other);
    } else if (record !== undefined && (rival !== undefined || !found.isThere)) {
      await state?.begin(place.local);
      tally.failed(place.path, notThere(rival));
    } else if (record !== undefined && found.facts !== undefined) {
      await state?.same(place.local, { ...record, remote: found.facts });
    }
    for (const removal of surplus) {
      if (kept.has(removal.path)) continue;
      const listed = this.#listed.get(this.#nameAt(removal));
      if (other !== undefined) {
        if (listed === other) kept.add(removal.path);
        continue;
      }
      if ((await this.#compare(found, listed)) === "no") continue;
      kept.add(removal.path);
      const message = `it may be what became of ${JSON.stringify(place.path)}, which is not listed under its name`;
      tally.ignored({ path: removal.path, error: new MemberError("name-changed", message) });
    }
  }

  #compare(found: FoundMember, listed: FolderMember | undefined): Promise<"no" | "maybe" | "certain"> {
    if (listed === undefined || listed.kind === "other") return Promise.resolve("maybe");
    return found.compare(this.#folder.place, listed);
  }

  /** The listed member that it is: by what it is, or else by a name that differs only as servers change names. */
  async #otherName(
    { place, kind, record }: WrittenMember,
    found: FoundMember,
  ): Promise<Pick<SoughtMember, "other" | "perhaps">> {
    const name = this.#nameAt(place);
    const alike: ListedMember[] = [];
    const certain: ListedMember[] = [];
    const possible: ListedMember[] = [];
    this.#sourceNames ??= await this.#namesAtSource();
    for (const listed of this.#listed.values()) {
      if (listed.kind !== kind) continue;
      // Where nothing is under its name, the length is all that there is to compare.
      const size = listed.kind === "document" ? listed.size : undefined;
      if (found.facts === undefined && size !== undefined && size !== (record?.localSize ?? size)) continue;
      const likeness = await this.#compare(found, listed);
      const isAlike = alikeName(listed.name) === alikeName(name);
      // Two of the source may have the same content, of the same time: that alone does not make them one.
      if (likeness === "certain" && (isAlike || !this.#sourceNames.has(listed.name))) certain.push(listed);
      if (likeness !== "no" && isAlike) alike.push(listed);
      if (likeness !== "no" && !this.#sourceNames.has(listed.name)) possible.push(listed);
    }
    const [one, another] = certain.length > 0 ? certain : alike;
    const isTold = found.isThere && found.facts !== undefined && possible.length === 1;
    return { other: another === undefined ? one : undefined, perhaps: isTold ? possible[0] : undefined };
  }

  /** The name of another member of the source that became the same one, so that the content of one is lost. */
  #rivalOf({ member, other, perhaps }: SoughtMember, sought: readonly SoughtMember[]): string | undefined {
    const both = (each: SoughtMember): boolean => each.member !== member && each.perhaps === perhaps;
    if (other === undefined) {
      const alsoPerhaps = perhaps === undefined ? undefined : sought.find(both);
      return alsoPerhaps === undefined ? undefined : this.#nameAt(alsoPerhaps.member.place);
    }
    if (this.#sourceNames?.has(other.name) === true) return other.name;
    const same = sought.find((each) => each.other === other && each.member !== member);
    return same === undefined ? this.#knownRival(member, other) : this.#nameAt(same.member.place);
  }

  /** The member of the source that the listed one stands for since an earlier work. */
  #knownRival({ place }: WrittenMember, other: ListedMember): string | undefined {
    const known = this.#options.state?.names.in(this.#folder.place.local);
    const encoded = other.encoded ?? encodeName(other.name);
    for (const [name, { serverName }] of known ?? []) {
      const isUp = this.#options.direction === "up";
      const source = isUp ? name : decodeURIComponent(serverName);
      const isOther = isUp ? serverName === encoded : name === other.name;
      if (isOther && place.path.split("/").at(-1) !== source && this.#sourceNames?.has(source) === true)
        return source;
    }
    return undefined;
  }

  async #namesAtSource(): Promise<ReadonlySet<string>> {
    const names = new Set<string>();
    for await (const { name } of this.#options.source.list(this.#folder.place)) names.add(name);
    return names;
  }

  async #note({ place, record }: WrittenMember, other: ListedMember): Promise<void> {
    const { direction, state } = this.#options;
    const { local, href } = this.#folder.place;
    if (direction === "up") {
      await state?.named(place.local, other.encoded ?? encodeName(other.name));
      const { kind, name: _, encoded: __, alias: ___, ...facts } = other;
      if (record !== undefined && kind === "document")
        await state?.same(place.local, { ...record, remote: facts });
    } else {
      const here = local === "" ? other.name : `${local}/${other.name}`;
      await state?.named(here, place.href.slice(href.length).replace(/\/$/, ""));
      if (record !== undefined) await state?.same(here, record);
      if (other.kind === "collection") this.#renamed.set(place.local, here);
    }
  }
}
