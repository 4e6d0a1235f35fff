/** Who waits for an operation, and whether anybody of them got its final response. */
import type { Exchange } from "@meanwhile/interim";
import type { After, Operation, Operations } from "@meanwhile/operations";

/** How long after its last byte a response still counts as lost where its connection is reset, in milliseconds. */
export const resetMs = 2_000;

export interface Attendance {
  /** The exchange waits for the operation from now on. Call {@link Attendance.answered} when it was answered. */
  attend(operation: Operation, exchange: Exchange): void;
  /**
   * The exchange was answered. `isFinal`: with the operation's final response, of which it is soon known whether it
   * arrived; else with something less, a 202 for instance, and it waits no more.
   */
  answered(operation: Operation, exchange: Exchange, isFinal: boolean): void;
  /** Whether all connections that waited for the operation are gone, and none got its final response. */
  isDeserted(id: string): boolean;
  /** The same, of an operation of which this process may know nothing: `recorded` is what the journal says. */
  isLost(id: string, recorded: { readonly delivered: boolean }): boolean;
}

interface Attended {
  /** Exchanges that wait, or were answered so recently that nobody knows whether it arrived. */
  present: number;
  delivered: boolean;
}

export function createAttendance(operations: Operations, after: After): Attendance {
  const attended = new Map<string, Attended>();

  function of(operation: Operation): Attended {
    const known = attended.get(operation.id);
    if (known) return known;
    const fresh = { present: 0, delivered: false };
    attended.set(operation.id, fresh);
    return fresh;
  }

  function leave(operation: Operation, delivered: boolean): void {
    const state = of(operation);
    state.present -= 1;
    state.delivered ||= delivered;
    if (state.delivered) operations.delivered(operation);
    // What was lost is worth keeping for the one who comes back.
    else if (state.present === 0) operations.keep(operation);
    if (state.present === 0 && operation.outcome && state.delivered) attended.delete(operation.id);
  }

  return {
    attend(operation, exchange) {
      of(operation).present += 1;
      const gone = (): void => leave(operation, false);
      exchange.closed.addEventListener("abort", gone, { once: true });
    },
    answered(operation, exchange, isFinal) {
      // An exchange that closed undelivered has left already, or leaves when it does.
      if (exchange.undelivered) return;
      if (!isFinal) leave(operation, false);
      else
        watchForReset(exchange, after, (arrived) => {
          if (!exchange.undelivered) leave(operation, arrived);
        });
    },
    isDeserted(id) {
      const state = attended.get(id);
      return state === undefined || (state.present === 0 && !state.delivered);
    },
    isLost(id, recorded) {
      const state = attended.get(id);
      return state === undefined ? !recorded.delivered : state.present === 0 && !state.delivered;
    },
  };
}

/** Who wants to hear of a socket's end: one listener a socket, however many responses it carries. */
const watchers = new WeakMap<object, Set<(hadError: boolean) => void>>();

/** Tells once whether a response that was handed over arrived, as far as a server can see. */
function watchForReset(
  { request, response }: Exchange,
  after: After,
  tell: (arrived: boolean) => void,
): void {
  const stream = "stream" in response && response.stream ? response.stream : undefined;
  if (stream?.destroyed || request.socket.destroyed) {
    // NO_ERROR (0) is how a stream ends that went well (RFC 9113 §7).
    tell(!stream?.rstCode);
    return;
  }
  let forget: () => unknown = () => undefined;
  let told = false;
  const end = (arrived: boolean): void => {
    if (told) return;
    told = true;
    cancel();
    forget();
    tell(arrived);
  };
  const cancel = after(resetMs, () => end(true));
  if (stream) {
    const closed = (): void => end(!stream.rstCode);
    stream.once("close", closed);
    forget = () => stream.off("close", closed);
  } else {
    const others = watchersOf(request.socket);
    const closed = (hadError: boolean): void => end(!hadError);
    others.add(closed);
    forget = () => others.delete(closed);
  }
}

function watchersOf(socket: Exchange["request"]["socket"]): Set<(hadError: boolean) => void> {
  const known = watchers.get(socket);
  if (known) return known;
  const fresh = new Set<(hadError: boolean) => void>();
  watchers.set(socket, fresh);
  socket.once("close", (hadError: boolean) => {
    for (const told of [...fresh]) told(hadError);
  });
  return fresh;
}
