import { MultistatusError } from "@meanwhile/client";
import { deepest } from "../folders/folder-options.ts";
import { MemberError } from "../folders/folder-work.ts";
import { nothingKnown } from "../record/sync-record.ts";
import type { SyncState } from "../record/sync-state.ts";
import type { FolderTally } from "../run/folder-tally.ts";
import { stopsAll } from "../run/stops-all.ts";
import { workThrough } from "../run/work-through.ts";
import { byKey, type FolderMember, type NameFolding } from "./folder-member.ts";
import type { FolderPlan, MemberPlace, PlanPolicy, Removal, Transfer } from "./folder-plan.ts";
import { type Decision, planCollection } from "./plan-collection.ts";

/** One of both sides. */
export interface FolderSide {
  /** The members of what is there. */
  list(place: MemberPlace): AsyncIterable<FolderMember>;
}

export interface PlanningOptions extends PlanPolicy {
  readonly source: FolderSide;
  readonly destination: FolderSide;
  readonly root: MemberPlace;
  /** Nothing is there yet at the destination. */
  readonly destinationMissing: boolean;
  readonly folding: NameFolding;
  readonly state: SyncState | undefined;
  readonly concurrency: number;
  readonly maxMembers: number;
  readonly tally: FolderTally;
  readonly signal: AbortSignal;
}

/** A collection that is still to be looked at: what it may have on each side. */
interface Look {
  readonly place: MemberPlace;
  readonly depth: number;
  readonly has: "both" | "source" | "destination";
  /** What is found goes there. Undefined: it is on its way out at the end. */
  readonly inTheWay: boolean;
}

/** Looks at both sides, collection by collection, and gathers what is to be done. Changes nothing. */
export async function planFolder(options: PlanningOptions): Promise<FolderPlan> {
  const planning = new Planning(options);
  return planning.plan();
}

class Planning {
  readonly #options: PlanningOptions;
  readonly #looks: Look[];
  readonly #inTheWay: Removal[] = [];
  readonly #collections: MemberPlace[] = [];
  readonly #transfers: Transfer[] = [];
  readonly #removals: Removal[] = [];
  /** Collections of the destination that have something in them that is kept. */
  readonly #kept = new Set<string>();
  readonly #counts = { source: 0, destination: 0 };

  constructor(options: PlanningOptions) {
    this.#options = options;
    const has = options.destinationMissing ? "source" : "both";
    this.#looks = [{ place: options.root, depth: 0, has, inTheWay: false }];
  }

  async plan(): Promise<FolderPlan> {
    const { concurrency, signal } = this.#options;
    await workThrough(this.#looks, concurrency, signal, (look) => this.#look(look));
    const going = ({ path, kind }: Removal): boolean => kind === "document" || !this.#kept.has(path);
    return {
      inTheWay: sorted(this.#inTheWay).filter(going),
      collections: sorted(this.#collections),
      transfers: sorted(this.#transfers),
      removals: sorted(this.#removals).filter(going),
    };
  }

  async #look(look: Look): Promise<void> {
    const { folding, state, tally } = this.#options;
    const { place, has } = look;
    try {
      const [from, to] = await Promise.all([
        has === "destination" ? nobody : this.#list("source", place),
        has === "source" ? nobody : this.#list("destination", place),
      ]);
      const sides = {
        place,
        source: byKey(from.members, folding, collision),
        destination: byKey(to.members, folding, collision),
        destinationWhole: to.failure === undefined,
      };
      for (const { failure } of [from, to]) if (failure !== undefined) this.#partial(failure, look);
      const known = state ?? nothingKnown;
      const policy = { ...this.#options, delete: this.#options.delete || look.inTheWay };
      for (const decision of planCollection(sides, known, policy)) this.#take(decision, look);
      tally.compared(from.members.length);
    } catch (error) {
      if (!(error instanceof Error) || this.#endsPlanning(error, look)) throw error;
      this.#partial(error, look);
    }
  }

  /** Of a collection not everything is known. */
  #partial(error: Error, { place, has }: Look): void {
    this.#options.tally.failed(place.path, error);
    if (has === "destination") this.#keep(place.path);
  }

  #endsPlanning(error: Error, { depth }: Look): boolean {
    if (this.#options.signal.aborted || depth === 0) return true;
    return stopsAll(error) || error instanceof TooManyMembers;
  }

  async #list(side: "source" | "destination", place: MemberPlace): Promise<Listing> {
    const { maxMembers } = this.#options;
    const members: FolderMember[] = [];
    try {
      for await (const member of this.#options[side].list(place)) {
        this.#counts[side] += 1;
        if (this.#counts[side] > maxMembers) throw new TooManyMembers(maxMembers);
        members.push(member);
      }
    } catch (failure) {
      // What it told of is dealt with; of the rest nothing is known.
      if (!(failure instanceof MultistatusError)) throw failure;
      return { members, failure };
    }
    return { members, failure: undefined };
  }

  #take(decision: Decision, look: Look): void {
    const { tally, state } = this.#options;
    switch (decision.act) {
      case "same":
        tally.skipped();
        state?.found(decision.local, decision.record);
        return;
      case "transfer":
        this.#clear(decision.removal, look);
        this.#transfers.push(transferOf(decision));
        return;
      case "create":
        if (!this.#mayEnter(decision, look)) return;
        this.#clear(decision.removal, look);
        this.#collections.push(placeOf(decision));
        this.#looks.push({ place: placeOf(decision), depth: look.depth + 1, has: "source", inTheWay: false });
        return;
      case "enter":
        if (!this.#mayEnter(decision, look)) return;
        this.#looks.push({ place: placeOf(decision), depth: look.depth + 1, has: "both", inTheWay: false });
        return;
      case "remove":
        this.#remove(removalOf(decision), look.depth, look.inTheWay);
        return;
      case "fail":
        tally.failed(decision.path, decision.error);
        this.#keepAround(decision.path);
        return;
      case "ignore":
        tally.ignored({ path: decision.path, error: decision.error });
        this.#keepAround(decision.path);
    }
  }

  #clear(removal: Removal | undefined, look: Look): void {
    if (removal !== undefined) this.#remove(removal, look.depth, true);
  }

  #remove(removal: Removal, depth: number, inTheWay: boolean): void {
    if (removal.kind === "collection") {
      if (depth + 1 > deepest) {
        this.#keep(removal.path);
        return;
      }
      this.#looks.push({ place: placeOf(removal), depth: depth + 1, has: "destination", inTheWay });
    }
    (inTheWay ? this.#inTheWay : this.#removals).push(removal);
  }

  #mayEnter({ path }: MemberPlace, { depth }: Look): boolean {
    if (depth + 1 <= deepest) return true;
    this.#options.tally.failed(path, new MemberError("limit", `it is more than ${deepest} folders deep`));
    return false;
  }

  /** A collection stays, and so do those that it is in. */
  #keep(path: string): void {
    this.#kept.add(path);
    this.#keepAround(path);
  }

  #keepAround(path: string): void {
    for (let cut = path.lastIndexOf("/"); cut > 0; cut = path.lastIndexOf("/", cut - 1)) {
      const around = path.slice(0, cut);
      if (this.#kept.has(around)) return;
      this.#kept.add(around);
    }
  }
}

interface Listing {
  readonly members: readonly FolderMember[];
  /** Why there may be more. */
  readonly failure: MultistatusError | undefined;
}

const nobody: Listing = { members: [], failure: undefined };

class TooManyMembers extends MemberError {
  constructor(most: number) {
    super("limit", `there are more than ${most} files and folders`);
  }
}

function collision(name: string): MemberError {
  return new MemberError("name-collision", `another name is the same as ${JSON.stringify(name)} here`);
}

/** By path, code unit by code unit, so that parents come before their members. */
function sorted<Member extends MemberPlace>(members: Member[]): Member[] {
  return members.sort((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0));
}

// Copies without what only the decision needed: these stay in memory.

function placeOf({ path, local, href }: MemberPlace): MemberPlace {
  return { path, local, href };
}

function transferOf({ path, local, href, source, replaced, before }: Transfer): Transfer {
  return { path, local, href, source, replaced, ...(before !== undefined && { before }) };
}

function removalOf({ path, local, href, kind, facts }: Removal): Removal {
  return { path, local, href, kind, facts };
}
