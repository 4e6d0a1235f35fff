/** Sends the interim responses of all exchanges when they are due. */
import type { Exchange } from "../exchange/exchange.ts";
import { misuse } from "../exchange/misuse.ts";
import { type InterimFields, interimBytes } from "../fields/interim-fields.ts";
import type { Allowance } from "../profiles/profiles.ts";
import { nextInterimMs, type Pacing, soonestMs } from "./pacing.ts";
import { createTimerWheel, type SetTimer, type TimerWheel } from "./timer-wheel.ts";

/** Clock and timers of a pacer, and who is told. */
export interface PacerOptions {
  /** Milliseconds that never go backwards; default: `performance.now`. */
  readonly clock?: () => number;
  /** Default: `setTimeout`, which does not keep the process alive. */
  readonly setTimer?: SetTimer;
  /** The finest step, in milliseconds; default 10. Interim responses are late by less than two steps, never early. */
  readonly tickMs?: number;
  /** Told of each interim response that was sent; what it throws is told to `onError`. */
  readonly onSent?: (allowance: Allowance) => void;
  /** Told what `progress` or `fields` threw; default: nobody. What it throws itself is ignored. */
  readonly onError?: (error: unknown) => void;
}

/** Which interim responses an exchange gets. */
export interface FollowOptions {
  readonly allowance: Allowance;
  readonly pacing: Pacing;
  /** Whether the client sent `Prefer: processing`. */
  readonly asked: boolean;
  /** How long it has waited since its complete request was received, in milliseconds; default 0. */
  readonly waitedMs?: number;
  /** How far the work is, when it is asked. */
  readonly progress: () => { readonly done: number; readonly total: number | undefined };
  /**
   * The fields of the next interim response. `sent`: how many there were before; `bytes`: room for field lines, each
   * `name.length + value.length + 4`. Where it throws, or gives more than there is room for, a bare 102 is sent.
   * "soon": they are not known yet; nothing is sent, and they are asked for again some 10 ms later.
   */
  readonly fields: (sent: number, bytes: number) => InterimFields | "soon";
}

/** An exchange whose interim responses are being sent. */
export interface Following {
  /** How many interim responses were sent. */
  readonly sent: number;
  /** Whether no further one will be sent for want of budget or bytes; true from the start where nothing is allowed. */
  readonly budgetSpent: boolean;
  /** Says that there is progress, which may bring the first one forward. Cheap: call it as often as you like. */
  news(): void;
  /**
   * Ends it; harmless at any time. Call it when the final response begins: left alone, the pacer sends nothing then
   * either, but holds on to the exchange until its next interim response would be due. A client that asked gets the
   * first one now where it was put off ("soon") until then.
   */
  stop(): void;
}

/** Sends interim responses when they are due. */
export interface Pacer {
  /**
   * Sends 102s for an exchange from the time its complete request was received until its final response begins,
   * its client is gone, or its allowance is spent. What is allowed nothing costs nothing.
   *
   * @throws {TypeError} `ERR_PACING` for times that are negative or no number
   */
  follow(exchange: Exchange, options: FollowOptions): Following;
  /** How many exchanges wait for their next interim response. */
  readonly size: number;
  /** Ends all. Exchanges followed afterwards get nothing. */
  close(): void;
}

/** How soon to look again after an interim response could not be written, or the request is not yet complete. */
const againMs = 1_000;

/** How soon to ask again for fields that are not known yet, in milliseconds. */
const heldMs = 10;

/** How often at the most it is forecast again when the next interim response is due, in milliseconds. */
const forecastMs = 100;

/** After news, progress is looked at this much later, in milliseconds: once for many pieces of news. */
const newsMs = 100;

interface Followed {
  readonly exchange: Exchange;
  readonly options: FollowOptions;
  startedAtMs: number;
  lastAtMs: number | undefined;
  sent: number;
  bytes: number;
  fresh: boolean;
  /** One was due, and was put off since its fields were not known. */
  held: boolean;
  ended: "no" | "stopped" | "spent";
  readonly stop: () => void;
}

/** Makes the one timer wheel that decides for all exchanges of a server when their interim responses are sent. Close it at the end. */
export function createPacer(options: PacerOptions = {}): Pacer {
  const clock = options.clock ?? ((): number => performance.now());
  const open = new Set<Followed>();
  const report = (error: unknown): void => {
    try {
      options.onError?.(error);
    } catch {
      // A reporter that fails has nobody to report to.
    }
  };
  const wheel: TimerWheel<Followed> = createTimerWheel({
    clock,
    setTimer: options.setTimer ?? unrefTimer,
    tickMs: options.tickMs ?? 10,
    due: (followed) => attend(followed),
  });
  let isClosed = false;

  const attend = (followed: Followed): void => {
    if (followed.ended !== "no") return;
    const { exchange } = followed;
    const { pacing } = followed.options;
    if (exchange.state !== "waiting") {
      end(followed, "stopped");
    } else if (!exchange.requestComplete) {
      // RFC 2518 §10.1: a 102 says "that the server has accepted the complete request".
      wheel.put(followed, Math.min(againMs, pacing.everyMs));
    } else {
      followed.fresh = false;
      const dueMs = untilNext(followed);
      if (dueMs === 0) send(followed);
      else putBack(followed, dueMs);
    }
  };

  const send = (followed: Followed): void => {
    const { allowance, pacing } = followed.options;
    const room = ration(allowance, followed.sent, followed.bytes) - bareBytes;
    if (room < 0) {
      end(followed, "spent");
      return;
    }
    const fields = fieldsFor(followed, room);
    followed.held = fields === "soon";
    if (fields === "soon") {
      wheel.put(followed, heldMs);
      return;
    }
    const bytes = write(followed, fields);
    if (bytes > 0) {
      followed.sent += 1;
      followed.bytes += bytes;
      followed.lastAtMs = clock();
      try {
        options.onSent?.(allowance);
      } catch (error) {
        report(error);
      }
      putBack(followed, untilNext(followed));
    } else if (followed.exchange.state === "waiting") {
      wheel.put(followed, Math.min(againMs, pacing.everyMs));
    } else {
      end(followed, "stopped");
    }
  };

  /** The bytes that were written; 0: none. */
  const write = (followed: Followed, fields: InterimFields): number => {
    try {
      return followed.exchange.interim(102, fields) ? interimBytes(102, fields) : 0;
    } catch (error) {
      report(error);
      return followed.exchange.interim(102, {}) ? bareBytes : 0;
    }
  };

  const putBack = (followed: Followed, dueMs: number | undefined): void => {
    if (dueMs === undefined) end(followed, "spent");
    // A forecast made early is often wrong: it is made again after each everyMs.
    else wheel.put(followed, Math.min(dueMs, Math.max(followed.options.pacing.everyMs, forecastMs)));
  };

  const untilNext = (followed: Followed): number | undefined => {
    const now = clock();
    const state = {
      elapsedMs: now - followed.startedAtMs,
      sinceLastMs: followed.lastAtMs === undefined ? undefined : now - followed.lastAtMs,
      sent: followed.sent,
      asked: followed.options.asked,
      ...progressOf(followed),
    };
    return nextInterimMs(state, followed.options.pacing, followed.options.allowance);
  };

  const progressOf = (followed: Followed): { readonly done: number; readonly total: number | undefined } => {
    try {
      const { done, total } = followed.options.progress();
      return { done, total };
    } catch (error) {
      report(error);
      return { done: 0, total: undefined };
    }
  };

  const fieldsFor = (followed: Followed, room: number): InterimFields | "soon" => {
    try {
      const fields = followed.options.fields(followed.sent, room);
      if (fields === "soon") return fields;
      if (interimBytes(102, fields) - bareBytes <= room) return fields;
      throw misuse("ERR_INTERIM_TOO_LARGE", `fields of an interim response have ${room} bytes of room here`);
    } catch (error) {
      report(error);
      return {};
    }
  };

  const end = (followed: Followed, why: "stopped" | "spent"): void => {
    if (followed.ended !== "no") return;
    followed.ended = why;
    open.delete(followed);
    wheel.take(followed);
    followed.exchange.closed.removeEventListener("abort", followed.stop);
  };

  const news = (followed: Followed): void => {
    if (followed.fresh || followed.sent > 0 || followed.ended !== "no" || followed.options.asked) return;
    followed.fresh = true;
    const { pacing } = followed.options;
    const elapsedMs = clock() - followed.startedAtMs;
    const soonest = Math.max(soonestMs(pacing) - elapsedMs, Math.min(newsMs, pacing.afterMs - elapsedMs));
    if (soonest < pacing.afterMs - elapsedMs) wheel.put(followed, soonest);
  };

  const follow = (exchange: Exchange, options: FollowOptions): Following => {
    checkPacing(options.pacing);
    const followed: Followed = {
      exchange,
      options,
      startedAtMs: clock() - (options.waitedMs ?? 0),
      lastAtMs: undefined,
      sent: 0,
      bytes: 0,
      fresh: false,
      held: false,
      ended: mayGetAny(exchange, options.allowance) ? "no" : "spent",
      stop: () => end(followed, "stopped"),
    };
    if (isClosed && followed.ended === "no") followed.ended = "stopped";
    if (followed.ended === "no") {
      open.add(followed);
      exchange.closed.addEventListener("abort", followed.stop, { once: true });
      // Content that was received but is not read: `whenRequestComplete` will not tell.
      attend(followed);
      if (!exchange.requestComplete) {
        exchange.whenRequestComplete(() => {
          followed.startedAtMs = clock();
          attend(followed);
        });
      }
    }
    return new Handle(followed, { news, attend, end });
  };

  return {
    follow,
    get size() {
      return open.size;
    },
    close() {
      isClosed = true;
      for (const followed of [...open]) end(followed, "stopped");
    },
  };
}

/** What a pacer does with one exchange that it follows. */
interface Steps {
  readonly news: (followed: Followed) => void;
  readonly attend: (followed: Followed) => void;
  readonly end: (followed: Followed, why: "stopped") => void;
}

class Handle implements Following {
  readonly #followed: Followed;
  readonly #steps: Steps;

  constructor(followed: Followed, steps: Steps) {
    this.#followed = followed;
    this.#steps = steps;
  }

  get sent(): number {
    return this.#followed.sent;
  }

  get budgetSpent(): boolean {
    return this.#followed.ended === "spent";
  }

  news(): void {
    this.#steps.news(this.#followed);
  }

  stop(): void {
    // A client that asked gets what was put off, though there will be a final response in a moment.
    if (this.#followed.held && this.#followed.options.asked) this.#steps.attend(this.#followed);
    this.#steps.end(this.#followed, "stopped");
  }
}

const bareBytes = interimBytes(102, {});

/**
 * The bytes that the next interim response may have. Where all together are limited, each gets its share of what is
 * left, so that a long request is told in fewer words towards its end rather than in silence.
 */
function ration({ budget, bytes, totalBytes }: Allowance, sent: number, spent: number): number {
  const left = totalBytes - spent;
  if (sent === 0) return Math.min(bytes, left);
  const share = Math.max(left / Math.min(budget - sent, shares), tersestBytes);
  return Math.floor(Math.min(bytes, left, share));
}

/** Of what is left, the next one may take this part: with 256 KiB some 400 interim responses, and not 75. */
const shares = 128;

/** Room for progress at least, and for a status URI where it is short. */
const tersestBytes = 192;

function mayGetAny(exchange: Exchange, allowance: Allowance): boolean {
  if (exchange.protocol === "HTTP/1.0" || exchange.state !== "waiting") return false;
  return allowance.budget > 0 && Math.min(allowance.bytes, allowance.totalBytes) >= bareBytes;
}

function checkPacing(pacing: Pacing): void {
  if (pacing.afterMs >= 0 && pacing.everyMs >= 0) return;
  throw misuse("ERR_PACING", "afterMs and everyMs are milliseconds, from 0 up");
}

function unrefTimer(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
