import { closeSync, constants, mkdirSync, readdirSync, readFileSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { TreeError, type TreeWork } from "@meanwhile/server/store";
import type { Calls } from "./calls.ts";
import { isTaken, treeError } from "./errno.ts";
import { reservedName } from "./names.ts";
import {
  type Fact,
  fileNameOf,
  type LaterFacts,
  type MemberFact,
  readFacts,
  toLine,
  type WorkBeginning,
  type WorkFacts,
  type WorkNames,
} from "./work-facts.ts";

/** Works that ended are remembered until so many others have ended: whoever asked for them records that meanwhile. */
const endedKept = 256;

export interface WorksOptions {
  /** Made if need be. */
  readonly directory: string;
  readonly calls: Calls;
  readonly randomId: () => string;
}

/**
 * What is known of the works that change whole trees, a file each, so that another process can finish them. A fact
 * is a line at the file's end. A line that was written survives the end of the process, not a loss of power: that
 * costs a few microseconds, where a transaction of the database costs a flush to the disk.
 */
export class Works {
  readonly #directory: string;
  readonly #calls: Calls;
  readonly #randomId: () => string;
  /** Works of earlier processes that were neither resumed nor dropped yet, by the names of their files. */
  readonly #earlier: Map<string, WorkFacts> = new Map();
  readonly #ended: string[] = [];
  readonly #open: Set<WorkLog> = new Set();

  constructor(options: WorksOptions) {
    this.#directory = options.directory;
    this.#calls = options.calls;
    this.#randomId = options.randomId;
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    for (const file of readdirSync(this.#directory)) {
      const facts = readFacts(readFileSync(join(this.#directory, file), "utf8"));
      if (facts === undefined) rmSync(join(this.#directory, file), { force: true });
      else this.#earlier.set(file, facts);
    }
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
    const random = this.#randomId();
    return {
      staged: reservedName(work, `${random}-staged`),
      aside: reservedName(work, `${random}-aside`),
      clock: reservedName(work, `${random}-clock`),
    };
  }

  /** What an earlier process wrote down of a work that is resumed. */
  async resume(work: TreeWork): Promise<WorkLog | undefined> {
    if (!work.resumed) return undefined;
    const file = fileNameOf(work.id);
    const facts = this.#earlier.get(file);
    if (facts === undefined) return undefined;
    this.#earlier.delete(file);
    const fd = await this.#calls.open(join(this.#directory, file), constants.O_WRONLY | constants.O_APPEND);
    // Ended before it read the clock, the work had written its beginning and changed nothing.
    const { mtimeNs } = await this.#calls.fstat(fd);
    return this.#log(file, fd, { timeNs: `${mtimeNs}`, ...facts });
  }

  /** Writes down the beginning of a work. Nothing may be changed before. */
  async begin(work: TreeWork, beginning: WorkBeginning): Promise<WorkLog> {
    const { file, fd } = await this.#create(fileNameOf(work.id)).catch((error: unknown) => {
      throw notWritten(error);
    });
    const log = this.#log(file, fd, { ...beginning, failed: [] });
    try {
      await writeLine(this.#calls, fd, beginning);
      return log;
    } catch (error) {
      log.close();
      this.#remove(file);
      throw error;
    }
  }

  /** Works of earlier processes that were not resumed, with what forgets each. */
  unresumed(resumed: ReadonlySet<string>): readonly { readonly facts: WorkFacts; forget(): void }[] {
    const files = new Set([...resumed].map(fileNameOf));
    return [...this.#earlier]
      .filter(([file]) => !files.has(file))
      .map(([file, facts]) => ({
        facts,
        forget: () => {
          this.#earlier.delete(file);
          this.#remove(file);
        },
      }));
  }

  /** Lets go of all files. They stay: works that ended may be resumed by who did not come to record it. */
  close(): void {
    for (const log of this.#open) log.close();
  }

  async #create(file: string): Promise<{ readonly file: string; readonly fd: number }> {
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL;
    try {
      return { file, fd: await this.#calls.open(join(this.#directory, file), flags, 0o600) };
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
    // An earlier work had the same id and left something: both are kept apart.
    const other = fileNameOf(`${file.slice(0, 16)}-${this.#randomId()}`);
    return { file: other, fd: await this.#calls.open(join(this.#directory, other), flags, 0o600) };
  }

  #log(file: string, fd: number, facts: WorkFacts): WorkLog {
    const log = new WorkLog({
      fd,
      facts,
      calls: this.#calls,
      closed: (ended) => {
        this.#open.delete(log);
        if (!ended) return;
        this.#ended.push(file);
        for (const old of this.#ended.splice(0, Math.max(0, this.#ended.length - endedKept)))
          this.#remove(old);
      },
    });
    this.#open.add(log);
    return log;
  }

  #remove(file: string): void {
    try {
      unlinkSync(join(this.#directory, file));
    } catch {
      // It is there at the next start, which finds nothing to do for it.
    }
  }
}

interface WorkLogOptions {
  readonly fd: number;
  readonly facts: WorkFacts;
  readonly calls: Calls;
  readonly closed: (ended: boolean) => void;
}

/** What is written down of one work. */
export class WorkLog {
  readonly #options: WorkLogOptions;
  #facts: WorkFacts;
  #open = true;

  constructor(options: WorkLogOptions) {
    this.#options = options;
    this.#facts = options.facts;
  }

  get facts(): WorkFacts {
    return this.#facts;
  }

  async add(fact: LaterFacts): Promise<void> {
    this.#facts = { ...this.#facts, ...fact };
    await this.#write(fact);
  }

  async addMember(member: MemberFact): Promise<void> {
    this.#facts = { ...this.#facts, failed: [...this.#facts.failed, member] };
    await this.#write({ member });
  }

  /** Nothing is left to do. */
  async end(): Promise<void> {
    if (!this.#open) return;
    try {
      await this.add({ ended: true });
    } finally {
      this.close();
    }
  }

  /** Lets go of the file. What was not ended is there at the next start. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#options.fd);
    this.#options.closed(this.#facts.ended === true);
  }

  async #write(fact: Fact): Promise<void> {
    await writeLine(this.#options.calls, this.#options.fd, fact);
  }
}

async function writeLine(calls: Calls, fd: number, fact: Fact): Promise<void> {
  try {
    await calls.write(fd, Buffer.from(toLine(fact)), null);
  } catch (error) {
    throw notWritten(error);
  }
}

/** The state directory failed, not the resource. */
function notWritten(cause: unknown): TreeError {
  const { code } = treeError(cause);
  const kept = code === "no-space" ? code : "unavailable";
  return new TreeError(kept, "the work could not be written down in the state directory", { cause });
}
