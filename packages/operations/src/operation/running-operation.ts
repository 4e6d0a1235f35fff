/** An operation in this process, while it runs and after. */

import type { Release } from "../claims/claims.ts";
import type { JournalEntry } from "../journal/journal.ts";
import { bare } from "../journal/secrets.ts";
import { type MemberResults, RecentResults } from "./member-results.ts";
import type {
  Json,
  Load,
  Operation,
  OperationState,
  OperationSubject,
  Outcome,
  RepetitionKey,
  Work,
} from "./operation.ts";
import { type Advance, advance, advanceBytes, noProgress, type OperationProgress } from "./progress.ts";

/** What an operation of this process is made of. */
export interface RunningOptions {
  readonly id: string;
  readonly subject: OperationSubject;
  readonly freesRoom: boolean;
  readonly startedAtMs: number;
  readonly key: RepetitionKey | undefined;
  /** What is recorded as the work's intent until the work names one: asked for with every record. */
  readonly intent: (() => Json) | undefined;
  /** What an earlier process recorded, where that began the work. */
  readonly before: JournalEntry | undefined;
  /** Records the operation as it is now, with its intent. */
  readonly record: (operation: RunningOperation) => Promise<void>;
  /** Waits for a place to work, until the signal is aborted. */
  readonly enter: (load: Load, signal: AbortSignal) => Release | Promise<Release | undefined>;
  readonly warn: ((message: string, operation: Operation) => void) | undefined;
}

/** How it ended, before its listeners are told. */
interface Conclusion {
  readonly outcome: Outcome;
  readonly endedAtMs: number;
  readonly state: "finished" | "cancelled" | "interrupted";
}

/** Further than any operation counts between two records: no version that an earlier process showed comes again. */
const versionsOfOneProcess = 1_000_000_000;

/** An operation of this process, with what its work reports. Others see it as {@link Operation}. */
export class RunningOperation implements Operation {
  readonly id: string;
  readonly kind: string;
  readonly target: string;
  readonly destination: string | undefined;
  readonly principal: string | undefined;
  /** Its record may use what a full disk holds in reserve. */
  readonly freesRoom: boolean;
  readonly startedAtMs: number;
  readonly key: RepetitionKey | undefined;
  readonly ended: Promise<Outcome>;
  readonly work: Work;

  #state: OperationState = "running";
  #givenUp = false;
  #progress: OperationProgress = noProgress;
  #conclusion: Conclusion | undefined;
  #told = false;
  #version: number;
  readonly #before: JournalEntry | undefined;
  readonly #results = new RecentResults();
  readonly #listeners = new Set<() => void>();
  // Made when it is first read: most operations are never cancelled.
  #cancelling: AbortController | undefined;
  readonly #resolve: (outcome: Outcome) => void;
  readonly #warn: ((message: string, operation: Operation) => void) | undefined;
  #intent: () => Json | undefined;
  /** What the work wants to be recorded elsewhere first. */
  #beforeRecord: (() => Promise<void>) | undefined;
  /** The work needs a record only for the case that the process ends. */
  #light = false;
  readonly #enter: RunningOptions["enter"];
  /** Gives back the place that the work has. */
  #leave: Release | undefined;
  /** Its principal does not want to see it any more. */
  hidden: boolean;
  /** Its client has the final response. */
  delivered = false;
  /** Its client has the outcome itself: secrets in it are not kept any longer. */
  handedOver = false;
  /** It is recorded, or about to be, and kept beyond its end. */
  kept: boolean;
  /** The journal has it. */
  recorded: boolean;
  /** Takes the key that its client chose; resolves with who else has it. undefined: it was not to be taken. */
  taking: Promise<Operation | JournalEntry | undefined> | undefined;
  /** The last try to record it durably, unless that failed. */
  recording: Promise<void> | undefined;
  /** A loss of power does not undo its record. */
  durable: boolean;
  /** A client was told its status document, or chose a key for it. */
  told: boolean;

  constructor({
    id,
    subject,
    freesRoom,
    startedAtMs,
    key,
    intent,
    before,
    record,
    enter,
    warn,
  }: RunningOptions) {
    this.id = id;
    this.kind = subject.kind;
    this.target = subject.target;
    this.destination = subject.destination;
    this.principal = subject.principal;
    this.freesRoom = freesRoom;
    this.startedAtMs = startedAtMs;
    this.key = key;
    this.#intent = intent ?? (() => before?.intent);
    this.#version = before === undefined ? 0 : before.version + versionsOfOneProcess;
    this.#before = before;
    this.#enter = enter;
    this.hidden = before?.hidden ?? false;
    this.told = before !== undefined || key?.chosen === true;
    this.kept = this.told;
    this.recorded = before !== undefined;
    this.durable = this.recorded;
    this.#warn = warn;
    let resolve: (outcome: Outcome) => void = () => undefined;
    this.ended = new Promise((settle) => {
      resolve = settle;
    });
    this.#resolve = resolve;
    this.work = new OwnWork(this, () => this.#signal(), {
      progress: (done, total, remark, member) =>
        this.#take(advance(this.#progress, done, total, remark, member)),
      bytes: (done, total, member) => this.#take(advanceBytes(this.#progress, done, total, member)),
      intend: async (wanted, { durable = true, when = "now" } = {}) => {
        const { kept } = this;
        this.#intent = () => wanted;
        this.#light = !durable;
        if (when === "later" && !kept) return false;
        this.kept = true;
        try {
          await record(this);
          return this.durable;
        } catch (error) {
          this.kept = kept || this.recorded;
          throw error;
        }
      },
      beforeRecord: (first) => {
        if (this.kept) return false;
        this.#beforeRecord = first;
        return true;
      },
      enter: (load) => this.#takePlace(load),
      result: (status, uri) => {
        if (this.#over("a result")) return;
        this.#results.add(status, uri);
        this.#changed();
      },
      giveUp: () => {
        this.#givenUp = true;
      },
    });
  }

  /** Whether its record has to survive a loss of power. */
  get wantsDurable(): boolean {
    return this.told || !this.#light;
  }

  /** Records what is to be recorded before it; undefined where nothing is. */
  prepared(): Promise<void> | undefined {
    return this.#beforeRecord?.();
  }

  /** Whether another process could finish it, were it recorded. */
  get isIntended(): boolean {
    return this.#intent() !== undefined;
  }

  get state(): OperationState {
    return this.#state;
  }

  get progress(): OperationProgress {
    return this.#progress;
  }

  get results(): MemberResults {
    return this.#results;
  }

  get outcome(): Outcome | undefined {
    const outcome = this.#told ? this.#conclusion?.outcome : undefined;
    return outcome && this.handedOver ? bare(outcome) : outcome;
  }

  /** Whether the work has ended. It may not have been told yet: {@link RunningOperation.outcome} comes then. */
  get concluded(): boolean {
    return this.#conclusion !== undefined;
  }

  get endedAtMs(): number | undefined {
    return this.#told ? this.#conclusion?.endedAtMs : undefined;
  }

  get version(): number {
    return this.#version;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  cancel(): boolean {
    if (this.#conclusion) return false;
    this.#state = "cancelling";
    this.#signal();
    this.#cancelling?.abort();
    this.#changed();
    return true;
  }

  /** Another process has it, or will: the work is told to stop, and what becomes of it is told to nobody. */
  lose(): void {
    this.#signal();
    this.#cancelling?.abort();
  }

  /**
   * Takes the outcome. It is in {@link RunningOperation.entry} from now on, and nowhere else before
   * {@link RunningOperation.tell}: nobody hears of an outcome that is not recorded yet.
   */
  conclude(outcome: Outcome, endedAtMs: number, interrupted: boolean): void {
    const obeyed = this.#state === "cancelling" && outcome.status >= 400;
    this.#leave?.();
    this.#beforeRecord = undefined;
    this.#conclusion = {
      outcome,
      endedAtMs,
      state: interrupted || this.#givenUp ? "interrupted" : obeyed ? "cancelled" : "finished",
    };
  }

  /** Tells the outcome to those who wait for it. */
  tell(): void {
    if (!this.#conclusion) return;
    this.#state = this.#conclusion.state;
    this.#told = true;
    this.#changed();
    this.#listeners.clear();
    this.#resolve(this.#conclusion.outcome);
  }

  /** What the journal keeps of it. */
  entry(): JournalEntry {
    const conclusion = this.#conclusion;
    // Nobody knows how far an interrupted operation came beyond what was recorded.
    const { progress, failed, failures } =
      conclusion?.state === "interrupted" && this.#before ? this.#before : this.#news();
    return {
      id: this.id,
      kind: this.kind,
      target: this.target,
      ...(this.destination === undefined ? {} : { destination: this.destination }),
      principal: this.principal,
      state: conclusion?.state ?? "running",
      startedAtMs: this.startedAtMs,
      endedAtMs: conclusion?.endedAtMs,
      progress,
      failed,
      failures,
      // The end is news as well, and is told after it was recorded.
      version: conclusion && !this.#told ? this.#version + 1 : this.#version,
      outcome: conclusion && this.handedOver ? bare(conclusion.outcome) : conclusion?.outcome,
      intent: conclusion ? undefined : this.#intent(),
      key: this.key,
      hidden: this.hidden,
      delivered: this.delivered,
    };
  }

  #news(): Pick<JournalEntry, "progress" | "failed" | "failures"> {
    return { progress: this.#progress, failed: this.#results.failed(), failures: this.#results.failures };
  }

  #signal(): AbortSignal {
    this.#cancelling ??= new AbortController();
    return this.#cancelling.signal;
  }

  #takePlace(load: Load): "entered" | Promise<"entered later" | "cancelled"> {
    if (this.#leave) return "entered";
    const place = this.#enter(load, this.#signal());
    if (!(place instanceof Promise)) {
      this.#leave = place;
      return "entered";
    }
    return place.then((leave) => {
      this.#leave = leave;
      return leave ? "entered later" : "cancelled";
    });
  }

  #take(step: Advance): void {
    if (this.#over("progress")) return;
    if ("refused" in step) {
      this.#warn?.(`progress is ignored: ${step.refused}`, this);
      return;
    }
    this.#progress = step.progress;
    this.#changed();
  }

  #over(what: string): boolean {
    if (!this.#conclusion) return false;
    this.#warn?.(`${what} after the end is ignored`, this);
    return true;
  }

  #changed(): void {
    this.#version += 1;
    // A copy: a listener that stops and begins again would be called without end.
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        // One who listens badly must not harm the work or the others.
        this.#warn?.(`a listener failed: ${String(error)}`, this);
      }
    }
  }
}

/** What the work is given. Its signal is made when it is first asked for; the accessor is the class's own, see decision 0170. */
class OwnWork implements Work {
  readonly operation: Operation;
  readonly progress: Work["progress"];
  readonly bytes: Work["bytes"];
  readonly intend: Work["intend"];
  readonly beforeRecord: Work["beforeRecord"];
  readonly enter: Work["enter"];
  readonly result: Work["result"];
  readonly giveUp: Work["giveUp"];
  readonly #signal: () => AbortSignal;

  constructor(operation: Operation, signal: () => AbortSignal, steps: Omit<Work, "operation" | "signal">) {
    this.operation = operation;
    this.#signal = signal;
    this.progress = steps.progress;
    this.bytes = steps.bytes;
    this.intend = steps.intend;
    this.beforeRecord = steps.beforeRecord;
    this.enter = steps.enter;
    this.result = steps.result;
    this.giveUp = steps.giveUp;
  }

  get signal(): AbortSignal {
    return this.#signal();
  }
}
