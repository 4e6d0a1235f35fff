import { ConnectionError } from "../error/connection-error.ts";
import { policies } from "../repeat/policies.ts";
import { Repeating } from "../repeat/repeating.ts";
import type { Setback } from "../repeat/setback.ts";
import type { Patience, SendOptions } from "../send/send.ts";
import { ProgressReport } from "../status/progress-report.ts";
import type { LongRequestContext, UnfinishedUpload } from "./long-request-plan.ts";

/**
 * What a server tells of an operation is there at once, or announced by a sign every 15 s: where no byte comes for so many
 * milliseconds, the connection is dead.
 */
const answerIdleMs = 60_000;

/** There was no sign of life for so long that nobody waits for one any more. The `cause` is what was met last. */
export class NoSignOfLife extends Error {
  override readonly name = "NoSignOfLife";
}

/** One long request that is waited for: what its exchanges, one after the other, have in common. */
export class LongWait {
  readonly context: LongRequestContext;
  readonly report: ProgressReport;
  /** Aborted when nobody waits any more; its reason is what the outcome rejects with. */
  readonly signal: AbortSignal;
  /** The status document, once the server has told where it is. */
  url: URL | undefined;
  /** Fields by which the server knows its client: they go wherever the operation is asked for. */
  identity: Headers = new Headers();
  /** The server was asked to stop it. */
  stopped = false;
  /** What the server keeps of content that is on its way. */
  unfinished: UnfinishedUpload | undefined;
  readonly #patience: Patience;
  readonly #endsAtMs: number;
  readonly #repeating: Repeating;
  #met = false;

  constructor(
    context: LongRequestContext,
    patience: Patience,
    stage: "sending" | "processing",
    signal: AbortSignal,
  ) {
    this.context = context;
    this.report = new ProgressReport(stage);
    this.signal = signal;
    this.#patience = patience;
    const { surroundings, comebackMs = policies.operation.withinMs } = context;
    this.#repeating = new Repeating(
      { ...policies.operation, withinMs: comebackMs },
      { surroundings, wasThere: () => this.met },
    );
    const { timeoutMs = 0 } = patience;
    this.#endsAtMs = timeoutMs > 0 ? surroundings.now() + timeoutMs : Number.POSITIVE_INFINITY;
  }

  /**
   * One exchange, with what is left of the patience.
   *
   * @param options its own `signal` has to be aborted where the wait's is
   * @throws {ConnectionError} where there is no final response; the signal's reason once nobody waits
   */
  async send(url: URL, options: Omit<SendOptions, "timeoutMs">): Promise<Response> {
    this.signal.throwIfAborted();
    const { idleTimeoutMs = 0 } = options.idleTimeoutMs === undefined ? this.#patience : options;
    const leftMs = this.#leftMs();
    try {
      const response = await this.context.send(url, {
        signal: this.signal,
        ...options,
        ...(idleTimeoutMs > 0 ? { idleTimeoutMs } : {}),
        ...(leftMs === Number.POSITIVE_INFINITY ? {} : { timeoutMs: leftMs }),
      });
      this.context.memory.learn(response);
      this.#met = true;
      return response;
    } catch (error) {
      if (this.signal.aborted) throw this.signal.reason;
      const tells = this.context.hidesInterims !== true;
      if (tells && error instanceof ConnectionError && error.mayHaveArrived) this.#met = true;
      throw error;
    }
  }

  /** One exchange that asks what became of the operation: it is not waited for longer than such answers take. */
  ask(url: URL, options: Omit<SendOptions, "timeoutMs" | "idleTimeoutMs">): Promise<Response> {
    const { idleTimeoutMs = 0 } = this.#patience;
    const idleMs = idleTimeoutMs > 0 ? Math.min(idleTimeoutMs, answerIdleMs) : answerIdleMs;
    return this.send(url, { ...options, idleTimeoutMs: idleMs });
  }

  /** Whether the server was there before: where nobody listens now, it is expected to come back. */
  get met(): boolean {
    return this.#met || this.context.memory.answered;
  }

  /** There was news: trying begins anew. */
  alive(): void {
    this.#met = true;
    this.#repeating.news();
    this.report.alive();
  }

  /**
   * Waits before the next try.
   *
   * @throws {NoSignOfLife} where there was none for too long
   */
  async comeBack(setback: Setback): Promise<void> {
    const verdict = this.#repeating.judge(setback);
    if (verdict.kind !== "again")
      throw new NoSignOfLife("there was no sign of life", { cause: setback.cause });
    this.report.comingBack();
    await this.pause(verdict.afterMs);
  }

  /** @throws {ConnectionError} `timeout` where that is as far as the patience goes */
  async pause(ms: number): Promise<void> {
    const leftMs = this.#leftMs();
    await this.context.surroundings.sleep(Math.min(ms, leftMs), this.signal);
    if (leftMs <= ms) this.#leftMs();
  }

  #leftMs(): number {
    const left = this.#endsAtMs - this.context.surroundings.now();
    if (left > 0) return left;
    const { timeoutMs } = this.#patience;
    throw new ConnectionError("timeout", `not done after ${timeoutMs} ms`, { mayHaveArrived: true });
  }
}
