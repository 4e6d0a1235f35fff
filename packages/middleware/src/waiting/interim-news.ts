/** One exchange that waits for an operation: tells it the news by interim responses until the outcome is there. */
import type { Exchange, Following, Pacer } from "@meanwhile/interim";
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
  readonly statusUrl: string;
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
  let told = 0;
  let held = 0;
  let isLocated = false;
  let isOver = false;
  let keeping: "not yet" | "asked" | "kept" | "failed" = "not yet";
  const keep = (): void => {
    keeping = "asked";
    void options.operations.keep(operation).then((isKept) => {
      keeping = isKept ? "kept" : "failed";
    });
  };
  const following = options.pacer.follow(exchange, {
    allowance: options.allowance,
    pacing: options.pacing,
    asked: options.asked,
    progress: () => operation.progress,
    fields(sent, room) {
      if (keeping === "not yet") keep();
      if (keeping === "asked" && sent === 0 && held < mostHeld && !isOver) {
        held += 1;
        return "soon";
      }
      const progress = { Progress: formatProgress(shownProgress(operation)) };
      if (keeping === "kept" && !isLocated) {
        isLocated = true;
        return { Location: options.statusUrl, ...progress };
      }
      if (sent === 0) return progress;
      const lines = statusUris(operation, told, room - progress.Progress.length - fieldOverhead);
      told = operation.results.latest;
      return lines.length === 0 ? progress : { ...progress, "Status-URI": lines };
    },
  });
  const unsubscribe = operation.subscribe(() => following.news());
  const stop = (): void => {
    unsubscribe();
    forget();
    isOver = true;
    following.stop();
  };
  const forget = whenEnded(operation, stop);
  exchange.closed.addEventListener("abort", stop, { once: true });
  return {
    get isLocated() {
      return isLocated;
    },
    get sent() {
      return following.sent;
    },
    get budgetSpent() {
      return following.budgetSpent;
    },
    news: () => following.news(),
    stop,
  };
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
