/**
 * Server-sent events (WHATWG HTML, "Server-sent events"), made only when the client is ready to read them: one that
 * reads slowly gets fewer and newer ones, and one that does not read costs no more than what was last handed over.
 */
import type { After } from "@meanwhile/operations";
import { whenAborted } from "../../waiting/listeners.ts";

export interface ServerEvent {
  readonly event: string;
  /** What a client that comes back says in `Last-Event-ID`. */
  readonly id: string;
  readonly data: unknown;
}

/** Where events come from. */
export interface EventSource {
  /** The events since the last call: the state of now, not all that led to it. Empty: nothing new. */
  next(): Promise<{ readonly events: readonly ServerEvent[]; readonly last: boolean }>;
  /**
   * Calls back when there may be something new.
   * @returns how to stop that
   */
  watch(wake: (urgency: "now" | "soon") => void): () => void;
}

export interface EventStreamOptions {
  readonly after: After;
  /** Aborted when nobody wants it any more. */
  readonly closed: AbortSignal;
  /** Aborted when this process is about to end. */
  readonly stopping: AbortSignal;
  /** Called when the client has not read for a long time. */
  readonly stalled: () => void;
  readonly times: EventStreamTimes;
}

export interface EventStreamTimes {
  /** Between two pieces of news at least, those that end the stream excepted, in milliseconds; default 250. */
  readonly pauseMs: number;
  /** A comment is sent when there was no news for so long, in milliseconds; default 15,000. */
  readonly heartbeatMs: number;
  /** Whoever takes nothing for so long is dropped, in milliseconds; default 60,000. */
  readonly stallMs: number;
  /** After how long a client that lost the stream should come back, in milliseconds; default 2,000. */
  readonly retryMs: number;
}

export const defaultEventStreamTimes: EventStreamTimes = {
  pauseMs: 250,
  heartbeatMs: 15_000,
  stallMs: 60_000,
  retryMs: 2_000,
};

/** The stream's text, piece by piece. It ends after the last events, when the client is gone, or at the stop. */
export async function* eventStream(
  source: EventSource,
  options: EventStreamOptions,
): AsyncGenerator<string, void, undefined> {
  const { after, closed, stopping, times } = options;
  const bell = createBell(after);
  const over = (): boolean => closed.aborted || stopping.aborted;
  let news: "none" | "soon" | "now" = "now";
  const unwatch = source.watch((urgency) => {
    if (news !== "now") news = urgency;
    if (urgency === "now") bell.ring();
    else bell.ringIfIdle();
  });
  const end = (): void => bell.ring();
  const forget = [whenAborted(closed, end), whenAborted(stopping, end)];
  // The timer is stopped wherever the consumer leaves: it may never come back from a yield.
  let cancelStall: () => void = () => undefined;
  const handOver = (text: string): string => {
    cancelStall = after(times.stallMs, options.stalled);
    return text;
  };
  try {
    yield handOver(`retry: ${times.retryMs}\n\n`);
    cancelStall();
    while (!over()) {
      if (news === "none") {
        await bell.wait(times.heartbeatMs, "idle");
        if (over()) return;
        if (news === "none") {
          yield handOver(":\n\n");
          cancelStall();
          continue;
        }
      }
      news = "none";
      const { events, last } = await source.next();
      if (over()) return;
      if (events.length > 0) {
        yield handOver(events.map(format).join(""));
        cancelStall();
      }
      if (last) return;
      if (events.length > 0 && !over() && !isUrgent()) await bell.wait(times.pauseMs, "pause");
    }
  } finally {
    cancelStall();
    unwatch();
    for (const one of forget) one();
    bell.silence();
  }

  function isUrgent(): boolean {
    return news === "now";
  }
}

function format({ event, id, data }: ServerEvent): string {
  // JSON has no line ends outside of strings, and escapes them within.
  return `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Something to wait at: for a time, or until it is rung. */
interface Bell {
  wait(ms: number, why: "idle" | "pause"): Promise<void>;
  ring(): void;
  /** Ends a wait for news, but not a pause between two. */
  ringIfIdle(): void;
  silence(): void;
}

function createBell(after: After): Bell {
  let waiting:
    | { readonly why: "idle" | "pause"; readonly wake: () => void; readonly cancel: () => void }
    | undefined;
  const ring = (): void => {
    const { wake, cancel } = waiting ?? {};
    waiting = undefined;
    cancel?.();
    wake?.();
  };
  return {
    wait(ms, why) {
      return new Promise((resolve) => {
        waiting = { why, wake: resolve, cancel: after(ms, ring) };
      });
    },
    ring,
    ringIfIdle() {
      if (waiting?.why === "idle") ring();
    },
    silence() {
      waiting?.cancel();
      waiting = undefined;
    },
  };
}
