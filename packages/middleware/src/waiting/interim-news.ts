/** One exchange that waits for an operation: tells it the news by interim responses until the outcome is there. */
import type { Exchange, Following, InterimFields, Pacer } from "@meanwhile/interim";
import { formatProgress, formatStatusUri } from "@meanwhile/interim/fields";
import type { Pacing } from "@meanwhile/interim/pacing";
import type { Allowance } from "@meanwhile/interim/profiles";
import type { Operation, Operations } from "@meanwhile/operations";
import { whenEnded } from "./listeners.ts";

export interface WaitingOptions {
  readonly operations: Operations;
  readonly pacer: Pacer;
  readonly pacing: Pacing;
  readonly allowance: Allowance;
  /** Whether the client sent `Prefer: processing`. */
  readonly asked: boolean;
  /** The absolute URL of the operation's status document, as the client sees the server. */
  readonly statusUrl: () => string;
  /** How long it has waited already, in milliseconds; default 0. */
  readonly waitedMs?: number;
}

/** An exchange that waits, and whether it was told where the operation's status document is. */
export interface Waiting extends Following {
  readonly isLocated: boolean;
}

/** How often an interim response is put off until the operation is recorded: by 0.2 s in all, with the pacer's steps. */
const mostHeld = 10;

/**
 * Sends the operation's news to the exchange, as the allowance and pacing say, until the operation ends or the client
 * leaves. The first interim response carries `Location` and `Progress`, later ones `Progress` and what became of
 * members since the last one (`Status-URI`, RFC 2518 §9.7), failures first. `Location` waits until the operation is
 * recorded, so that it leads somewhere after a restart, too: with a slow journal it comes with a later interim response,
 * and where the journal failed never.
 */
export function waitFor(operation: Operation, exchange: Exchange, options: WaitingOptions): Waiting {
  return new News(operation, exchange, options);
}

class News implements Waiting {
  readonly #operation: Operation;
  readonly #options: WaitingOptions;
  readonly #following: Following;
  readonly #unsubscribe: () => void;
  readonly #forget: () => void;
  #told = 0;
  #held = 0;
  #isLocated = false;
  #isOver = false;
  #keeping: "not yet" | "asked" | "kept" | "failed" = "not yet";

  constructor(operation: Operation, exchange: Exchange, options: WaitingOptions) {
    this.#operation = operation;
    this.#options = options;
    const { allowance, pacing, asked, waitedMs = 0 } = options;
    this.#following = options.pacer.follow(exchange, {
      ...{ allowance, pacing, asked, waitedMs },
      progress: () => operation.progress,
      fields: (sent, room) => this.#fields(sent, room),
    });
    this.#unsubscribe = operation.subscribe(() => this.news());
    this.#forget = whenEnded(operation, () => this.stop());
    exchange.whenUndelivered(() => this.stop());
  }

  get isLocated(): boolean {
    return this.#isLocated;
  }

  get sent(): number {
    return this.#following.sent;
  }

  get budgetSpent(): boolean {
    return this.#following.budgetSpent;
  }

  news(): void {
    this.#following.news();
  }

  stop(): void {
    this.#unsubscribe();
    this.#forget();
    this.#isOver = true;
    this.#following.stop();
  }

  #fields(sent: number, room: number): InterimFields | "soon" {
    if (this.#keeping === "not yet") this.#keep();
    if (this.#keeping === "asked" && sent === 0 && this.#held < mostHeld && !this.#isOver) {
      this.#held += 1;
      return "soon";
    }
    const progress = { Progress: formatProgress(shownProgress(this.#operation)) };
    if (this.#keeping === "kept" && !this.#isLocated) {
      this.#isLocated = true;
      return { Location: this.#options.statusUrl(), ...progress };
    }
    if (sent === 0) return progress;
    const lines = statusUris(this.#operation, this.#told, room - progress.Progress.length - fieldOverhead);
    this.#told = this.#operation.results.latest;
    return lines.length === 0 ? progress : { ...progress, "Status-URI": lines };
  }

  #keep(): void {
    this.#keeping = "asked";
    void this.#options.operations.keep(this.#operation).then((isKept) => {
      this.#keeping = isKept ? "kept" : "failed";
    });
  }
}

/** "Status-URI: " and CR LF, or "Progress: " and CR LF, with something to spare. */
const fieldOverhead = 16;

function statusUris(operation: Operation, told: number, room: number): readonly string[] {
  const lines: string[] = [];
  let left = room;
  for (const result of operation.results.since(told)) {
    const line = formatStatusUri(result);
    left -= line.length + fieldOverhead;
    if (left < 0) break;
    lines.push(line);
  }
  return lines;
}

function shownProgress({ progress }: Operation): Parameters<typeof formatProgress>[0] {
  const { done, total, remark, bytes } = progress;
  return {
    done,
    total,
    ...(remark === undefined ? {} : { remark }),
    ...(bytes === undefined ? {} : { fraction: { ...bytes, remark: "bytes" } }),
  };
}
