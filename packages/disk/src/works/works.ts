import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isWithin, type ResourcePath } from "@meanwhile/dav";
import { TreeError, type TreeWork } from "@meanwhile/server/store";
import type { Calls } from "../calls/calls.ts";
import { isFull, isMissing, isUnsyncable, treeError } from "../calls/errno.ts";
import { reservedName } from "../paths/names.ts";
import {
  type Fact,
  type LaterFacts,
  type MemberFact,
  readWorks,
  toLine,
  toLines,
  type WorkBeginning,
  type WorkFacts,
  type WorkNames,
} from "./work-facts.ts";

/** Works that ended are remembered until so many others have ended: whoever asked for them records that meanwhile. */
const endedKept = 256;
/** Members of one work whose failure is written down. */
export const mostFailed: number = 10_000;
/** From this size on the file is written anew, without what is no longer needed. */
const mostBytes = 1024 * 1024;

export interface WorksOptions {
  /** Made if need be. */
  readonly file: string;
  readonly calls: Calls;
  readonly randomId: () => string;
  /** Room for works that free some, where the disk is full. */
  readonly reserve?: { free(): boolean };
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/**
 * What is known of the works that change whole trees, so that another process can finish them. A fact is a line at the
 * end of one file. A line that was written survives the end of the process. The lines that what follows relies on, and
 * with them all before, are synced to survive a loss of power: the beginning, that all is staged, that something is out
 * of sight.
 */
export class Works {
  readonly #options: WorksOptions;
  /** Works of earlier processes that were neither resumed nor given up yet. */
  readonly #earlier: Map<string, WorkFacts>;
  /** Works of this process that have not ended, then the last ones that have. */
  readonly #own: Map<string, WorkLog> = new Map();
  readonly #ended: string[] = [];
  #fd: number;
  #bytes = 0;
  #anewAt = mostBytes;
  #torn = false;
  #changes = 0;
  /** Syncs of the file that are under way: it is not closed before. */
  readonly #syncing: Set<Promise<void>> = new Set();

  constructor(options: WorksOptions) {
    this.#options = options;
    this.#earlier = readWorks(readIfThere(options.file));
    this.#fd = this.#writeAnew();
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
    const random = this.#options.randomId();
    return {
      staged: reservedName(work, `${random}-staged`),
      aside: reservedName(work, `${random}-aside`),
      clock: reservedName(work, `${random}-clock`),
    };
  }

  /** Whether a work that has not ended, here or in an earlier process, changes what is at, above or below a path. */
  concerns(path: ResourcePath): boolean {
    const open = [...this.#own.values()].map(({ facts }) => facts).filter(({ ended }) => ended !== true);
    return [...this.#earlier.values(), ...open].some(({ source, destination }) =>
      [source, destination].some((at) => at !== undefined && (isWithin(path, at) || isWithin(at, path))),
    );
  }

  /** What an earlier process wrote down of a work that is resumed. */
  resume(work: TreeWork): WorkLog | undefined {
    const facts = work.resumed ? this.#earlier.get(work.id) : undefined;
    if (facts === undefined) return undefined;
    this.#earlier.delete(work.id);
    // Ended before it read the clock, the work had written its beginning and changed nothing.
    const { beganMs } = facts;
    const timeNs = beganMs === undefined ? {} : { timeNs: `${BigInt(Math.trunc(beganMs) + 1) * 1_000_000n}` };
    return this.#log(work.id, { ...timeNs, ...facts });
  }

  /** Writes down the beginning of a work. Nothing may be changed before. */
  async begin(work: TreeWork, beginning: WorkBeginning): Promise<WorkLog> {
    const known = this.#earlier.has(work.id) || this.#own.has(work.id);
    // An earlier work had the same id and may have left something: the two are kept apart.
    const id = known ? `${work.id} ${this.#options.randomId()}` : work.id;
    const stamped = { ...beginning, beganMs: this.#options.clock() };
    await this.#append(id, stamped, { synced: true, freesRoom: beginning.method === "remove" });
    return this.#log(id, { ...stamped, failed: [] });
  }

  /** Works of earlier processes that were not resumed, with what forgets each. */
  unresumed(
    resumed: ReadonlySet<string>,
  ): readonly { readonly id: string; readonly facts: WorkFacts; forget(): void }[] {
    return [...this.#earlier]
      .filter(([id]) => !resumed.has(id))
      .map(([id, facts]) => ({ id, facts, forget: () => void this.#earlier.delete(id) }));
  }

  /** Writes the file anew, without what was forgotten. */
  tidy(): void {
    const [old, fd] = [this.#fd, this.#writeAnew()];
    this.#fd = fd;
    this.#closeUnused(old);
  }

  /** Lets go of the file. Works that ended stay in it: they may be resumed by who did not come to record it. */
  close(): void {
    this.#closeUnused(this.#fd);
  }

  #closeUnused(fd: number): void {
    if (this.#syncing.size === 0) closeSync(fd);
    else void Promise.allSettled(this.#syncing).then(() => closeSync(fd));
  }

  /** Grows with each work that begins or ends. */
  get changes(): number {
    return this.#changes;
  }

  #log(id: string, facts: WorkFacts): WorkLog {
    this.#changes += 1;
    const log = new WorkLog({
      id,
      facts,
      append: (fact, synced) =>
        this.#append(id, fact, { synced: synced === "synced", freesRoom: facts.method === "remove" }),
      ended: () => {
        this.#changes += 1;
        this.#ended.push(id);
        for (const old of this.#ended.splice(0, Math.max(0, this.#ended.length - endedKept))) {
          this.#own.delete(old);
        }
      },
    });
    this.#own.set(id, log);
    return log;
  }

  async #append(
    id: string,
    fact: Fact,
    { synced, freesRoom }: { readonly synced: boolean; readonly freesRoom: boolean },
  ): Promise<void> {
    const { calls, file, reserve } = this.#options;
    for (let tries = 1; ; tries += 1) {
      const line = Buffer.from((this.#torn ? "\n" : "") + toLine(id, fact));
      try {
        await calls.append(this.#fd, line, file);
        this.#torn = false;
        this.#bytes += line.byteLength;
        break;
      } catch (error) {
        this.#torn = true;
        if (tries === 1 && freesRoom && isFull(error) && reserve?.free() === true) continue;
        throw notWritten(error);
      }
    }
    if (this.#bytes > this.#anewAt) this.#tidyIfPossible();
    if (synced) await this.#sync();
  }

  async #sync(): Promise<void> {
    const syncing = this.#options.calls.sync(this.#fd);
    this.#syncing.add(syncing);
    try {
      await syncing;
    } catch (error) {
      throw notWritten(error);
    } finally {
      this.#syncing.delete(syncing);
    }
  }

  #tidyIfPossible(): void {
    try {
      this.tidy();
    } catch {
      // There is no room for another file, or no right to make one: this one goes on, and grows.
      this.#anewAt = this.#bytes * 2;
    }
  }

  /** @returns the file, open for appending */
  #writeAnew(): number {
    const works = [...this.#own].map(([id, log]) => toLines(id, log.facts));
    const text = [...[...this.#earlier].map(([id, facts]) => toLines(id, facts)), ...works].join("");
    const { file, calls } = this.#options;
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    if (calls.durability !== "none") syncAtOnce(`${file}.new`);
    renameSync(`${file}.new`, file);
    if (calls.durability !== "none") syncAtOnce(dirname(file));
    this.#bytes = Buffer.byteLength(text);
    this.#anewAt = Math.max(mostBytes, this.#bytes * 2);
    this.#torn = false;
    return openSync(file, "a", 0o600);
  }
}

interface WorkLogOptions {
  readonly id: string;
  readonly facts: WorkFacts;
  readonly append: (fact: Fact, synced?: "synced") => Promise<void>;
  readonly ended: () => void;
}

/** What is written down of one work. */
export class WorkLog {
  readonly #options: WorkLogOptions;
  #facts: WorkFacts;

  constructor(options: WorkLogOptions) {
    this.#options = options;
    this.#facts = options.facts;
  }

  /** Of the work, among all that have not ended. */
  get id(): string {
    return this.#options.id;
  }

  get facts(): WorkFacts {
    return this.#facts;
  }

  async add(fact: LaterFacts): Promise<void> {
    await this.#options.append(fact);
    this.#facts = { ...this.#facts, ...fact };
  }

  /** As {@link WorkLog.add}, and it survives a loss of power, with all that was added before. */
  async addSynced(fact: LaterFacts): Promise<void> {
    await this.#options.append(fact, "synced");
    this.#facts = { ...this.#facts, ...fact };
  }

  /**
   * Writes down what became of a member. Of very many that failed only the first are: a next process tries the others
   * again. What others changed is always written down, for it is kept.
   */
  async addMember(member: MemberFact): Promise<void> {
    if (this.#facts.failed.length >= mostFailed && member.code !== "changed") return;
    await this.#options.append({ member });
    this.#facts.failed.push(member);
  }

  /** Nothing is left to do. What was not ended is there at the next start. */
  async end(): Promise<void> {
    if (this.#facts.ended === true) return;
    this.#facts = { ...this.#facts, ended: true };
    this.#options.ended();
    try {
      await this.#options.append({ ended: true });
    } catch {
      // All is done nevertheless; the next start finds that out by itself.
    }
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (isMissing(error)) return "";
    throw error;
  }
}

/** At the start, or once a megabyte of lines: not often enough to be made beside the event loop. */
function syncAtOnce(path: string): void {
  if (process.platform === "win32") return;
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } catch (error) {
    if (!isUnsyncable(error)) throw error;
  } finally {
    closeSync(fd);
  }
}

/** The state directory failed, not the resource. */
function notWritten(cause: unknown): TreeError {
  const { code } = treeError(cause);
  const kept = code === "no-space" ? code : "unavailable";
  return new TreeError(kept, "the work could not be written down in the state directory", { cause });
}
