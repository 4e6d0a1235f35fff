/** Operations whose work a test does by hand, and exchanges that exist in memory only. */
import { EventEmitter } from "node:events";
import { createPacer, type Exchange, type InterimFields } from "@meanwhile/interim";
import type { Allowance } from "@meanwhile/interim/profiles";
import {
  type After,
  createOperations,
  type Operation,
  type Operations,
  type OperationsOptions,
  type Outcome,
  type Work,
} from "@meanwhile/operations";
import { preferencesOf } from "../request/request-view.ts";
import type { StatusAnswer } from "../status/answer.ts";
import { createStatusService, type StatusService, type StatusServiceOptions } from "../status/service.ts";

export const collectionUrl = "http://files.example/.meanwhile/operations/";

/** The moment at which these tests begin. */
export const startMs: number = Date.UTC(2026, 0, 15, 12, 0, 0);

export const generous: Allowance = {
  budget: Number.POSITIVE_INFINITY,
  bytes: 3584,
  totalBytes: Number.POSITIVE_INFINITY,
  profile: "test",
};

/** Work that a test does by hand. */
export interface Handwork {
  readonly operation: Operation;
  readonly work: Work;
  /** Ends it, and resolves when all have been told. */
  end(outcome?: Partial<Outcome>): Promise<void>;
}

export interface StatusFixture {
  readonly operations: Operations;
  readonly service: StatusService;
  readonly now: () => number;
  /** How many timers are set. */
  pendingTimers(): number;
  /** Moves the clock on step by step, and lets all that follows happen. */
  advance(ms: number): Promise<void>;
  start(subject?: {
    readonly principal?: string;
    readonly kind?: string;
    readonly target?: string;
  }): Handwork;
  ask(rest: string, request?: AskOptions): Promise<StatusAnswer>;
}

export interface AskOptions {
  readonly home?: string;
  readonly method?: string;
  readonly principal?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly exchange?: TestExchange;
  readonly allowance?: Allowance;
}

export function statusFixture(
  options: Partial<StatusServiceOptions> & OperationsOptions = {},
): StatusFixture {
  let nowMs = startMs;
  const timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  const after: After = (ms, callback) => {
    const timer = { atMs: nowMs + ms, callback };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  const now = (): number => nowMs;
  const operations = options.operations ?? createOperations({ now, after, ...options });
  const pacer = createPacer({ clock: now, setTimer: (run, ms) => after(ms, run) });
  const service = createStatusService({
    pacing: { afterMs: 20_000, everyMs: 15_000 },
    pacer,
    ...options,
    operations,
    now,
  });
  return {
    operations,
    service,
    now,
    pendingTimers: () => timers.size,
    async advance(ms) {
      const end = nowMs + ms;
      await settled();
      for (;;) {
        const next = [...timers].sort((one, other) => one.atMs - other.atMs)[0];
        if (next === undefined || next.atMs > end) break;
        timers.delete(next);
        nowMs = Math.max(nowMs, next.atMs);
        next.callback();
        await settled();
      }
      nowMs = end;
    },
    start({ principal, kind = "COPY", target = "http://files.example/source" } = {}) {
      return handwork(operations, { principal, kind, target });
    },
    ask(
      rest,
      { method = "GET", headers = {}, exchange = testExchange(), allowance = generous, home, ...who } = {},
    ) {
      const principal = "principal" in who ? who.principal : "ann";
      const preferences = preferencesOf({ headers });
      return service.answer(exchange, {
        method,
        rest,
        headers,
        preferences,
        principal,
        collectionUrl,
        ...(home === undefined ? {} : { home }),
        allowance,
      });
    },
  };
}

function handwork(
  operations: Operations,
  subject: { readonly principal: string | undefined; readonly kind: string; readonly target: string },
): Handwork {
  let finish: (outcome: Outcome) => void = () => undefined;
  const done = new Promise<Outcome>((resolve) => {
    finish = resolve;
  });
  let own: Work | undefined;
  const operation = operations.start(
    subject,
    (work) => {
      own = work;
      return done;
    },
    () => ({ status: 500, fields: {}, content: "" }),
  );
  // As for every operation whose client was told where to ask.
  operations.keep(operation);
  if (!own) throw new Error("work without a key begins at once");
  return {
    operation,
    work: own,
    async end(outcome) {
      finish({ status: 201, fields: {}, content: "", ...outcome });
      await operation.ended;
      await settled();
    },
  };
}

export interface TestExchange extends Exchange {
  readonly interims: readonly InterimFields[];
  /** Whether the response was broken off. */
  readonly broken: boolean;
  /** The client goes away. */
  leave(): void;
}

export function testExchange(url?: string): TestExchange {
  const interims: InterimFields[] = [];
  const gone = new AbortController();
  let broken = false;
  const leave = (): void => {
    gone.abort();
    response.emit("close");
  };
  const response = Object.assign(new EventEmitter(), {
    destroy() {
      broken = true;
      leave();
    },
  });
  return {
    interims,
    get broken() {
      return broken;
    },
    leave,
    // As much of them as is used.
    request: { url } as Exchange["request"],
    response: response as unknown as Exchange["response"],
    protocol: "HTTP/1.1",
    get state() {
      return gone.signal.aborted ? "closed" : "waiting";
    },
    closed: gone.signal,
    get undelivered() {
      return gone.signal.aborted;
    },
    whenUndelivered: (listener) => gone.signal.addEventListener("abort", listener),
    requestComplete: true,
    whenRequestComplete: (listener) => listener(),
    interim(_status, fields) {
      if (gone.signal.aborted) return false;
      interims.push(fields);
      return true;
    },
  };
}

/** The answer's JSON. */
export function jsonOf(answer: StatusAnswer): unknown {
  if (typeof answer.content !== "string") throw new Error("no text");
  return JSON.parse(answer.content);
}

/** Lets everything happen that needs no timer. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Reads an event stream piece by piece, as a client that is always ready. */
export interface StreamReader {
  /** All that came so far. */
  readonly text: string;
  readonly ended: boolean;
  /** Its events so far: name, id and data. */
  readonly events: readonly { readonly event: string; readonly id: string; readonly data: unknown }[];
}

export function readStream(answer: StatusAnswer): StreamReader {
  const { content } = answer;
  if (typeof content === "string" || content instanceof Uint8Array) throw new Error("no stream");
  let text = "";
  let ended = false;
  void (async () => {
    for await (const piece of content) text += piece;
    ended = true;
  })();
  return {
    get text() {
      return text;
    },
    get ended() {
      return ended;
    },
    get events() {
      return [...text.matchAll(/^event: ([^\n\r]*)\nid: ([^\n\r]*)\ndata: ([^\n\r]*)\n\n/gm)].map(
        ([, event = "", id = "", data = "null"]) => ({ event, id, data: JSON.parse(data) as unknown }),
      );
    },
  };
}
