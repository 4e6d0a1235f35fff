import { isWithin, type ResourcePath } from "@meanwhile/dav";
import type { TreeWork } from "@meanwhile/server/store";
import type { ChangeOptions, Part, Table } from "@meanwhile/state-lmdb";
import { type NameOwner, reservedName } from "../paths/names.ts";
import type { LaterFacts, MemberFact, WorkBeginning, WorkFacts, WorkNames } from "./work-facts.ts";

/** Works that ended are remembered until so many others have ended: whoever asked for them records that meanwhile. */
const endedKept = 256;
/** They are forgotten so many at a time. */
const forgottenAtOnce = 64;
/** Members of one work whose failure is written down. */
export const mostFailed: number = 10_000;

export interface WorksOptions {
  /** Its tables hold nothing else. */
  readonly part: Part;
  readonly randomId: () => string;
  /** Of the names that works use. */
  readonly owner: NameOwner;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Whether what is relied on has to survive a loss of power. Default: true. */
  readonly durable?: boolean;
}

/** By work; 0 has the facts of the work itself, what follows has its members. */
type WorkKey = [work: string, number: number];
type WorkRecord = (WorkBeginning & LaterFacts) | MemberFact;
type WorkRecords = Table<WorkKey, WorkRecord>;

/**
 * What is known of the works that change whole trees, so that another process can finish them. What was written down
 * survives the end of the process. What the work goes on to rely on, and with it all before, survives a loss of power:
 * the beginning, that all is staged, that something is out of sight.
 */
export class Works {
  readonly #options: WorksOptions;
  readonly #records: WorkRecords;
  /** Works of earlier processes that were neither resumed nor given up yet. */
  readonly #earlier: Map<string, WorkFacts>;
  /** Works of this process that have not ended, then the last ones that have. */
  readonly #own: Map<string, WorkLog> = new Map();
  readonly #ended: WorkLog[] = [];
  /** Those of this process that have not ended. */
  readonly #open: Set<WorkLog> = new Set();
  #changes = 0;
  #closed = false;

  constructor(options: WorksOptions) {
    this.#options = options;
    this.#records = options.part.table("works", "json");
    this.#earlier = readWorks(this.#records);
  }

  /** Reserved names that works of earlier processes may still need. */
  names(): ReadonlySet<string> {
    const names = [...this.#earlier.values()].flatMap(({ names: used }) => [
      used.aside,
      used.clock,
      ...(used.staged === undefined ? [] : [used.staged]),
    ]);
    return new Set(names);
  }

  /** New reserved names for a work. */
  namesFor(work: string): Required<WorkNames> {
    const { owner, randomId } = this.#options;
    const random = randomId();
    const name = (purpose: string): string => reservedName(owner, work, `${random}-${purpose}`);
    return { staged: name("staged"), aside: name("aside"), clock: name("clock") };
  }

  /** Whether a work that has not ended, here or in an earlier process, changes what is at, above or below a path. */
  concerns(path: ResourcePath): boolean {
    const touches = ({ source, destination }: WorkFacts): boolean =>
      [source, destination].some((at) => at !== undefined && (isWithin(path, at) || isWithin(at, path)));
    for (const { facts } of this.#open) if (touches(facts)) return true;
    for (const facts of this.#earlier.values()) if (touches(facts)) return true;
    return false;
  }

  /** What an earlier process wrote down of a work that is resumed. */
  resume(work: TreeWork): WorkLog | undefined {
    const facts = work.resumed ? this.#earlier.get(work.id) : undefined;
    if (facts === undefined) return undefined;
    this.#earlier.delete(work.id);
    // Ended before it read the clock, the work had written its beginning and changed nothing.
    const { beganMs } = facts;
    const timeNs = beganMs === undefined ? {} : { timeNs: `${BigInt(Math.trunc(beganMs) + 1) * 1_000_000n}` };
    return this.#log(work.id, { ...timeNs, ...facts }, "resumed");
  }

  /**
   * Writes down the beginning of a work. Nothing may be changed before.
   * @param light a loss of power leaves nothing to be finished: the record need not survive it, and may be made later, where
   *   somebody comes to ask for it ({@link TreeWork.beforeRecord})
   */
  async begin(
    work: TreeWork,
    beginning: WorkBeginning,
    { light = false }: { readonly light?: boolean } = {},
  ): Promise<WorkLog> {
    const known = this.#earlier.has(work.id) || this.#own.has(work.id);
    // An earlier work had the same id and may have left something: the two are kept apart.
    const id = known ? `${work.id} ${this.#options.randomId()}` : work.id;
    const stamped: WorkBeginning = {
      ...beginning,
      ...(light ? { light } : {}),
      beganMs: this.#options.clock(),
    };
    let log: WorkLog | undefined;
    // Asked for, it is asked for what is known then.
    if (light && work.beforeRecord?.(async () => log?.record()) === true) {
      log = this.#log(id, { failed: [], ...stamped }, "not written");
      return log;
    }
    const { durable = true } = this.#options;
    const how = { durable: durable && !light, freesRoom: beginning.method === "remove" };
    await this.#change(() => this.#records.put([id, 0], stamped), how);
    return this.#log(id, { failed: [], ...stamped }, "begun");
  }

  /** Works of earlier processes that were not resumed, with what forgets each. */
  unresumed(
    resumed: ReadonlySet<string>,
  ): readonly { readonly id: string; readonly facts: WorkFacts; forget(): Promise<void> }[] {
    return [...this.#earlier]
      .filter(([id]) => !resumed.has(id))
      .map(([id, facts]) => ({
        id,
        facts,
        forget: async () => {
          await this.#remove(id);
          this.#earlier.delete(id);
        },
      }));
  }

  /** Nothing is written down from now on: writers wait for ever, as if the process had ended. */
  close(): void {
    this.#closed = true;
  }

  /** Grows with each work that begins or ends. */
  get changes(): number {
    return this.#changes;
  }

  #log(id: string, facts: WorkFacts, written: WorkLogOptions["written"]): WorkLog {
    this.#changes += 1;
    const { durable = true } = this.#options;
    const log = new WorkLog({
      id,
      facts,
      written,
      records: this.#records,
      change: (work, synced) =>
        this.#change(work, { durable: synced && durable, freesRoom: facts.method === "remove" }),
      ended: () => {
        this.#changes += 1;
        this.#open.delete(log);
        if (!log.isWritten) {
          this.#own.delete(id);
          return;
        }
        this.#own.set(id, log);
        this.#ended.push(log);
        if (this.#ended.length >= endedKept + forgottenAtOnce) this.#forgetEnded();
      },
    });
    this.#own.set(id, log);
    this.#open.add(log);
    return log;
  }

  #forgetEnded(): void {
    const old = this.#ended.splice(0, forgottenAtOnce);
    for (const { id } of old) this.#own.delete(id);
    // Should it fail, the next start does it.
    this.#change(() => {
      for (const { id, hasMembers } of old) {
        if (hasMembers) this.#removeRows(id);
        else this.#records.remove([id, 0]);
      }
    }, forgotten).catch(() => {});
  }

  #remove(id: string): Promise<void> {
    return this.#change(() => this.#removeRows(id), forgotten);
  }

  #removeRows(id: string): void {
    const rows = [...this.#records.range({ start: [id, 0], end: [id, Number.MAX_SAFE_INTEGER] })];
    for (const { key } of rows) this.#records.remove(key);
  }

  #change(work: () => void, options: ChangeOptions): Promise<void> {
    return this.#closed ? new Promise(() => {}) : this.#options.part.change(work, options);
  }
}

/** Should it be there once more after a loss of power, the next start forgets it. */
const forgotten: ChangeOptions = { durable: false, freesRoom: true };

interface WorkLogOptions {
  readonly id: string;
  readonly facts: WorkFacts;
  /** What of it is written down: its beginning, by an earlier process or by this one, or nothing yet. */
  readonly written: "resumed" | "begun" | "not written";
  readonly records: WorkRecords;
  readonly change: (work: () => void, synced: boolean) => Promise<void>;
  readonly ended: () => void;
}

/** What is written down of one work. */
export class WorkLog {
  readonly #options: WorkLogOptions;
  #facts: WorkFacts;
  /** The number of the last member that is written down. */
  #members: number;
  /** Nothing but the beginning was written down. */
  #hasBegunOnly: boolean;
  #isWritten: boolean;
  #recording: Promise<void> | undefined;

  constructor(options: WorkLogOptions) {
    this.#options = options;
    this.#facts = options.facts;
    this.#members = options.facts.failed.length;
    this.#hasBegunOnly = options.written !== "resumed";
    this.#isWritten = options.written !== "not written";
  }

  /** Whether it is written down, or about to be. */
  get isWritten(): boolean {
    return this.#isWritten;
  }

  /** Writes down what is known, where nothing is written down yet. From then on all is. */
  record(): Promise<void> {
    if (this.#isWritten) return this.#recording ?? Promise.resolve();
    this.#isWritten = true;
    // What has ended is forgotten with the others that have.
    if (this.#facts.ended === true) this.#options.ended();
    this.#recording = this.#write({}, false).catch((error: unknown) => {
      this.#isWritten = false;
      throw error;
    });
    return this.#recording;
  }

  /** Of the work, among all that have not ended. */
  get id(): string {
    return this.#options.id;
  }

  /** What the record says of the work as a whole. */
  get facts(): WorkFacts {
    return this.#facts;
  }

  /** Whether facts of members may be written down. */
  get hasMembers(): boolean {
    return this.#members > 0;
  }

  async add(fact: LaterFacts): Promise<void> {
    await this.#add(fact, false);
  }

  /** What counts here even where it cannot be written down: without it, the next start is careful in vain. */
  async addIfPossible(fact: LaterFacts): Promise<void> {
    const written = this.#write(fact, false);
    this.#facts = { ...this.#facts, ...fact };
    await written.catch(() => {});
  }

  /** As {@link WorkLog.add}, and it survives a loss of power, with all that was added before. */
  async addSynced(fact: LaterFacts): Promise<void> {
    await this.#add(fact, true);
  }

  /**
   * Writes down what became of a member. Of very many that failed only the first are: a next process tries the others
   * again. What others changed is always written down, for it is kept.
   */
  async addMember(member: MemberFact): Promise<void> {
    if (this.#facts.failed.length >= mostFailed && member.code !== "changed") return;
    const { id, records, change } = this.#options;
    if (!this.#isWritten) await this.record();
    this.#members += 1;
    const number = this.#members;
    await change(() => records.put([id, number], member), false);
    this.#facts.failed.push(member);
  }

  /**
   * Nothing is left to do. What was not ended is there at the next start. Of a light work that is not written down: the next
   * process finds it done, or forgets it.
   */
  async end(): Promise<void> {
    if (this.#facts.ended === true) return;
    this.#facts = { ...this.#facts, ended: true };
    this.#options.ended();
    if (!this.#isWritten) return;
    if (this.#facts.light === true && this.#hasBegunOnly) return;
    try {
      await this.#write({ ended: true }, false);
    } catch {
      // All is done nevertheless; the next start finds that out by itself.
    }
  }

  async #add(fact: LaterFacts, synced: boolean): Promise<void> {
    await this.#write(fact, synced);
    this.#facts = { ...this.#facts, ...fact };
  }

  #write(fact: LaterFacts, synced: boolean): Promise<void> {
    // A light work writes nothing by itself but what the next start has to know to undo it.
    if (!this.#isWritten && !synced) return Promise.resolve();
    const { id, records, change } = this.#options;
    this.#isWritten = true;
    this.#hasBegunOnly = false;
    const { failed: _, ...known } = this.#facts;
    // Others may have been written, and not been told of yet.
    return change(() => records.put([id, 0], { ...known, ...records.get([id, 0]), ...fact }), synced);
  }
}

function readWorks(records: WorkRecords): Map<string, WorkFacts> {
  const works = new Map<string, WorkFacts>();
  for (const { key, value } of records.range()) {
    const [id] = key;
    if ("method" in value) works.set(id, { failed: [], ...value });
    else works.get(id)?.failed.push(value);
  }
  return works;
}
