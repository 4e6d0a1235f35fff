import { closeSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { TreeError, type TreeWork } from "@meanwhile/server/store";
import type { Calls } from "./calls.ts";
import { isAbsent, treeError } from "./errno.ts";
import { reservedName } from "./names.ts";
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
/** From this size on the file is written anew, without what is no longer needed. */
const mostBytes = 1024 * 1024;

export interface WorksOptions {
  /** Made if need be. */
  readonly file: string;
  readonly calls: Calls;
  readonly randomId: () => string;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/**
 * What is known of the works that change whole trees, so that another process can finish them. A fact is a line at the
 * end of one file. A line that was written survives the end of the process, not a loss of power: that costs a few
 * microseconds, where a transaction of the database costs a flush to the disk.
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

  /** What an earlier process wrote down of a work that is resumed. */
  resume(work: TreeWork): WorkLog | undefined {
    const facts = work.resumed ? this.#earlier.get(work.id) : undefined;
    if (facts === undefined) return undefined;
    this.#earlier.delete(work.id);
    // Ended before it read the clock, the work had written its beginning and changed nothing.
    const { beganMs } = facts;
    const timeNs = beganMs === undefined ? {} : { timeNs: `${BigInt(Math.trunc(beganMs)) * 1_000_000n}` };
    return this.#log(work.id, { ...timeNs, ...facts });
  }

  /** Writes down the beginning of a work. Nothing may be changed before. */
  async begin(work: TreeWork, beginning: WorkBeginning): Promise<WorkLog> {
    const known = this.#earlier.has(work.id) || this.#own.has(work.id);
    // An earlier work had the same id and may have left something: the two are kept apart.
    const id = known ? `${work.id} ${this.#options.randomId()}` : work.id;
    const stamped = { ...beginning, beganMs: this.#options.clock() };
    await this.#append(id, stamped);
    return this.#log(id, { ...stamped, failed: [] });
  }

  /** Works of earlier processes that were not resumed, with what forgets each. */
  unresumed(resumed: ReadonlySet<string>): readonly { readonly facts: WorkFacts; forget(): void }[] {
    return [...this.#earlier]
      .filter(([id]) => !resumed.has(id))
      .map(([id, facts]) => ({ facts, forget: () => void this.#earlier.delete(id) }));
  }

  /** Writes the file anew, without what was forgotten. */
  tidy(): void {
    const fd = this.#writeAnew();
    closeSync(this.#fd);
    this.#fd = fd;
  }

  /** Lets go of the file. Works that ended stay in it: they may be resumed by who did not come to record it. */
  close(): void {
    closeSync(this.#fd);
  }

  #log(id: string, facts: WorkFacts): WorkLog {
    const log = new WorkLog({
      facts,
      append: (fact) => this.#append(id, fact),
      ended: () => {
        this.#ended.push(id);
        for (const old of this.#ended.splice(0, Math.max(0, this.#ended.length - endedKept))) {
          this.#own.delete(old);
        }
      },
    });
    this.#own.set(id, log);
    return log;
  }

  async #append(id: string, fact: Fact): Promise<void> {
    const line = Buffer.from((this.#torn ? "\n" : "") + toLine(id, fact));
    try {
      await this.#options.calls.append(this.#fd, line, this.#options.file);
      this.#torn = false;
    } catch (error) {
      this.#torn = true;
      throw notWritten(error);
    }
    this.#bytes += line.byteLength;
    if (this.#bytes > this.#anewAt) this.#tidyIfPossible();
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
    const { file } = this.#options;
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
    this.#bytes = Buffer.byteLength(text);
    this.#anewAt = Math.max(mostBytes, this.#bytes * 2);
    this.#torn = false;
    return openSync(file, "a", 0o600);
  }
}

interface WorkLogOptions {
  readonly facts: WorkFacts;
  readonly append: (fact: Fact) => Promise<void>;
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

  get facts(): WorkFacts {
    return this.#facts;
  }

  async add(fact: LaterFacts): Promise<void> {
    await this.#options.append(fact);
    this.#facts = { ...this.#facts, ...fact };
  }

  async addMember(member: MemberFact): Promise<void> {
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
    if (isAbsent(error)) return "";
    throw error;
  }
}

/** The state directory failed, not the resource. */
function notWritten(cause: unknown): TreeError {
  const { code } = treeError(cause);
  const kept = code === "no-space" ? code : "unavailable";
  return new TreeError(kept, "the work could not be written down in the state directory", { cause });
}
