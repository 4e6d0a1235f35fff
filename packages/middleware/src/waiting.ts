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

/**
 * Sends the operation's news to the exchange, as the allowance and pacing say, until the operation ends or the client
 * leaves. The first interim response carries `Location` and `Progress`, later ones `Progress` and what became of
 * members since the last one (`Status-URI`, RFC 2518 §9.7), failures first.
 */
export function waitFor(operation: Operation, exchange: Exchange, options: WaitingOptions): Following {
  let told = 0;
  const following = options.pacer.follow(exchange, {
    allowance: options.allowance,
    pacing: options.pacing,
    asked: options.asked,
    progress: () => operation.progress,
    fields(sent, room) {
      const progress = { Progress: formatProgress(shownProgress(operation)) };
      if (sent === 0) {
        // From now on the client may come and ask there, also long after the end.
        options.operations.keep(operation);
        return { Location: options.statusUrl, ...progress };
      }
      const lines = statusUris(operation, told, room - progress.Progress.length - fieldOverhead);
      told = operation.results.latest;
      return lines.length === 0 ? progress : { ...progress, "Status-URI": lines };
    },
  });
  const unsubscribe = operation.subscribe(() => following.news());
  const stop = (): void => {
    unsubscribe();
    forget();
    following.stop();
  };
  const forget = whenEnded(operation, stop);
  exchange.closed.addEventListener("abort", stop, { once: true });
  return {
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
