import type { WrittenMembers } from "../afterwards/written-members.ts";
import { MemberError } from "../folders/folder-work.ts";
import type { FolderPlan, MemberPlace, Removal, Transfer } from "../plan/folder-plan.ts";
import type { SyncRecord } from "../record/sync-record.ts";
import type { SyncState } from "../record/sync-state.ts";
import type { FolderRun } from "./folder-run.ts";
import type { Counting, FolderTally } from "./folder-tally.ts";
import { isTrouble, stopsAll } from "./stops-all.ts";
import { workThrough } from "./work-through.ts";

/** Where things are put: a server, or a local folder. */
export interface FolderDestination {
  /** Resolves to whether it was not there yet. */
  create(place: MemberPlace): Promise<boolean>;
  /** Resolves to what is the same on both sides then, and whether content went there for that. */
  transfer(
    transfer: Transfer,
    counting: Counting,
  ): Promise<{ readonly record: SyncRecord; readonly sent: boolean }>;
  /** Resolves to whether it was there still. */
  remove(removal: Removal, counting: Counting): Promise<boolean>;
  /** In which order, parents first as they come, they are removed; members that go with their collection are left out. */
  removalOrder(removals: readonly Removal[]): readonly Removal[];
}

export interface CarryingOutOptions {
  readonly destination: FolderDestination;
  readonly written: WrittenMembers;
  /** Looks what became of what was written. Resolves to the removals that may be done all the same. */
  readonly lookAfter: (removals: readonly Removal[]) => Promise<readonly Removal[]>;
  readonly state: SyncState | undefined;
  readonly tally: FolderTally;
  readonly run: FolderRun;
  readonly concurrency: number;
  readonly failFast: boolean;
}

/** So many failures of the server or network one after the other, and nobody believes in the next. */
export const mostTroubles = 10;

/** Does what was planned. Failures are counted; the others go on. */
export async function carryOut(plan: FolderPlan, options: CarryingOutOptions): Promise<void> {
  await new CarryingOut(options).all(plan);
}

class CarryingOut {
  readonly #options: CarryingOutOptions;
  readonly #failedCollections = new Set<string>();
  readonly #signal: AbortSignal;
  #troubles = 0;
  #stopped = false;

  constructor(options: CarryingOutOptions) {
    this.#options = options;
    this.#signal = options.run.signal;
    this.#stopped = options.failFast && options.tally.failures > 0;
  }

  async all(plan: FolderPlan): Promise<void> {
    const { destination, tally } = this.#options;
    const removals = destination.removalOrder(plan.removals);
    const inTheWay = destination.removalOrder(plan.inTheWay);
    tally.stage = "transferring";
    tally.documentsTotal = plan.transfers.length;
    tally.bytesTotal = plan.transfers.reduce((sum, { source }) => sum + (source.size ?? 0), 0);
    tally.removalsTotal = removals.length + inTheWay.length;
    tally.changed();
    const kept = tally.breakdowns > 0 ? new Set(inTheWay.map(({ path }) => path)) : new Set<string>();
    if (kept.size === 0) await this.#remove(inTheWay);
    for (const level of levels(plan.collections))
      await this.#each(
        level.filter((place) => !this.#isInTheWay(place, kept)),
        (place) => this.#create(place),
      );
    const transfers = plan.transfers.filter((transfer) => !this.#isInTheWay(transfer, kept));
    await this.#each(transfers, (transfer) => this.#transfer(transfer));
    if (this.#stopped) tally.deletionsLeftOut = removals.length > 0;
    else await this.#removeSurplus(plan.removals, inTheWay.length);
    tally.endedEarly = this.#stopped;
  }

  async #removeSurplus(planned: readonly Removal[], removed: number): Promise<void> {
    const { destination, tally, lookAfter } = this.#options;
    const removals = destination.removalOrder(await lookAfter(planned));
    tally.deletionsLeftOut = planned.length > 0 && tally.breakdowns > 0;
    if (tally.deletionsLeftOut || removals.length === 0) return;
    tally.removalsTotal = removed + removals.length;
    tally.stage = "deleting";
    tally.changed();
    await this.#remove(removals);
  }

  /** What is in its way was kept, because something failed: then it fails, too. */
  #isInTheWay(place: MemberPlace, kept: ReadonlySet<string>): boolean {
    if (!kept.has(place.path)) return false;
    const message = "what is in its place is of another type, and was kept because something failed";
    this.#failedCollections.add(place.path);
    this.#options.tally.failed(place.path, new MemberError("type-differs", message));
    return true;
  }

  async #each<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
    await workThrough(items, this.#options.concurrency, this.#signal, async (item) => {
      if (!this.#stopped) await work(item);
    });
  }

  async #create(place: MemberPlace): Promise<void> {
    const { destination, tally } = this.#options;
    if (this.#parentFailed(place)) return;
    try {
      if (await destination.create(place)) tally.created();
      this.#options.written.collection(place);
      this.#troubles = 0;
    } catch (error) {
      this.#failedCollections.add(place.path);
      this.#failed(place, error);
    }
  }

  async #transfer(transfer: Transfer): Promise<void> {
    const { destination, state, tally, written } = this.#options;
    if (this.#parentFailed(transfer)) return tally.notTransferred();
    const counting = tally.begin(transfer.path);
    try {
      await state?.begin(transfer.local);
      const { record, sent } = await destination.transfer(transfer, counting);
      if (sent) counting.bytes(record.localSize);
      await state?.same(transfer.local, record);
      written.document(transfer, record);
      if (sent) tally.transferred(record.localSize);
      else {
        tally.skipped();
        tally.notTransferred();
      }
      this.#troubles = 0;
    } catch (error) {
      if (!this.#signal.aborted) tally.notTransferred();
      written.refused(transfer, error);
      this.#failed(transfer, error);
    } finally {
      counting.end();
    }
  }

  /** In their order where that matters: a local folder goes after its members. */
  async #remove(removals: readonly Removal[]): Promise<void> {
    for (const removal of removals) {
      this.#signal.throwIfAborted();
      if (this.#stopped) return;
      await this.#removeOne(removal);
    }
  }

  async #removeOne(removal: Removal): Promise<void> {
    const { destination, tally } = this.#options;
    const counting = tally.begin(removal.path);
    try {
      if (await destination.remove(removal, counting)) tally.deleted();
      this.#troubles = 0;
    } catch (error) {
      this.#failed(removal, error);
    } finally {
      counting.end();
    }
  }

  #failed({ path }: MemberPlace, error: unknown): void {
    // The end of the work is no failure of this member.
    if (this.#signal.aborted) return;
    const { tally, failFast } = this.#options;
    tally.failed(path, error instanceof Error ? error : new Error(String(error)));
    this.#troubles = isTrouble(error) ? this.#troubles + 1 : 0;
    if (failFast || stopsAll(error) || this.#troubles >= mostTroubles) this.#stopped = true;
  }

  #parentFailed({ path }: MemberPlace): boolean {
    if (this.#failedCollections.size === 0) return false;
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (!this.#failedCollections.has(parent)) return false;
    // A collection among them fails its own members in turn.
    this.#failedCollections.add(path);
    this.#options.tally.failed(path, new MemberError("parent-failed", "its folder could not be created"));
    return true;
  }
}

/** Collections by their depth: those of one depth can be created at a time. */
function levels(collections: readonly MemberPlace[]): readonly (readonly MemberPlace[])[] {
  const byDepth: MemberPlace[][] = [];
  for (const place of collections) {
    const depth = place.path.split("/").length;
    const level = byDepth[depth];
    if (level === undefined) byDepth[depth] = [place];
    else level.push(place);
  }
  return byDepth.filter((level) => level !== undefined);
}
