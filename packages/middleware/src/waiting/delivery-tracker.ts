/** Who waits for an operation, and whether anybody of them got its answer. */
import type { Exchange } from "@meanwhile/interim";
import type { After, JournalEntry, Operation, Operations } from "@meanwhile/operations";
import { type ConnectionEnd, connectionEnd } from "./connection-end.ts";

/** How long after its last byte a response still counts as lost where its connection is reset, in milliseconds. */
export const resetMs = 2_000;

/** How many operations are remembered as delivered beyond their end, until the journal says so itself. */
const rememberedDeliveries = 4096;

export interface Attendance {
  /** The exchange waits for the operation from now on. Call {@link Attendance.answered} when it was answered. */
  attend(operation: Operation, exchange: Exchange): void;
  /** The exchange was answered, and waits no more. It is soon known whether what it was told arrived. */
  answered(operation: Operation, exchange: Exchange, told: Told): void;
  /** Another exchange was answered with the outcome that is kept. */
  answeredAgain(entry: JournalEntry, exchange: Exchange): void;
  /** Of an operation that runs: whether all connections that waited for it are gone, and none was answered. */
  isDeserted(id: string): boolean;
  /** Of one that has ended, as the journal has it: whether nobody who waited for it got its answer. */
  isLost(entry: Pick<JournalEntry, "id" | "delivered">): boolean;
  /** How many operations are in mind. */
  readonly size: number;
}

/** The operation's final response, a 202 that says where to ask for it, or something less. */
export type Told = "outcome" | "place" | "less";

interface Attended {
  /** Exchanges that wait, or were answered so recently that nobody knows whether it arrived. */
  present: number;
  /** Somebody was answered. */
  delivered: boolean;
}

interface Presence {
  readonly connection: ConnectionEnd;
  left: boolean;
}

/** @param lost told of each operation that ended, or had, when nobody who waited for it got its answer */
export function createAttendance(
  operations: Operations,
  after: After,
  lost: (operation: Operation) => void = () => undefined,
): Attendance {
  // An operation that is not here: nobody waits for it, and nobody was answered that we know of.
  const attended = new Map<string, Attended>();
  const deliveries = new Set<string>();
  const presences = new WeakMap<Exchange, Presence>();
  /** Deserted, and not ended: somebody may come back before the end. */
  const deserted = new WeakSet<Operation>();

  function leave(operation: Operation, presence: Presence | undefined, delivered: boolean): void {
    const state = attended.get(operation.id);
    if (!state || !presence || presence.left) return;
    presence.left = true;
    state.present -= 1;
    state.delivered ||= delivered;
    if (delivered) operations.delivered(operation);
    if (state.present > 0) return;
    if (!state.delivered) {
      // What was lost is worth keeping for the one who comes back.
      void operations.keep(operation);
      attended.delete(operation.id);
      tellLost(operation);
    } else if (operation.outcome) forget(operation.id);
    else void operation.ended.then(() => state.present === 0 && forget(operation.id));
  }

  function tellLost(operation: Operation): void {
    if (operation.outcome) lost(operation);
    else if (!deserted.has(operation)) {
      deserted.add(operation);
      void operation.ended.then(() => {
        if (!attended.has(operation.id) && !deliveries.has(operation.id)) lost(operation);
      });
    }
  }

  function forget(id: string): void {
    attended.delete(id);
    deliveries.add(id);
    for (const oldest of deliveries) {
      if (deliveries.size <= rememberedDeliveries) break;
      deliveries.delete(oldest);
    }
  }

  return {
    get size() {
      return attended.size;
    },
    attend(operation, exchange) {
      const state = attended.get(operation.id) ?? { present: 0, delivered: false };
      attended.set(operation.id, state);
      state.present += 1;
      const presence = { connection: connectionEnd(exchange), left: false };
      presences.set(exchange, presence);
      const gone = (): void => leave(operation, presence, false);
      if (exchange.undelivered) gone();
      else exchange.closed.addEventListener("abort", gone, { once: true });
    },
    answered(operation, exchange, told) {
      const presence = presences.get(exchange);
      if (told === "less" || !presence) {
        leave(operation, presence, false);
        return;
      }
      whenArrived(exchange, presence.connection, after, (arrived) => {
        if (arrived && told === "outcome") operations.handedOver(operation);
        leave(operation, presence, arrived);
      });
    },
    answeredAgain(entry, exchange) {
      if (!entry.outcome?.secret) return;
      whenArrived(exchange, connectionEnd(exchange), after, (arrived) => {
        if (arrived) operations.handedOver(entry);
      });
    },
    isDeserted: (id) => !attended.has(id),
    isLost: ({ id, delivered }) => !delivered && !attended.has(id) && !deliveries.has(id),
  };
}

/** Tells once whether a response that was given to the system arrived, as far as a server can see. */
function whenArrived(
  exchange: Exchange,
  connection: ConnectionEnd,
  after: After,
  tell: (arrived: boolean) => void,
): void {
  whenHandedOver(exchange, () => {
    if (exchange.undelivered) tell(false);
    else if (connection.closed) tell(!connection.broken);
    else {
      const cancel = after(resetMs, () => {
        forget();
        tell(true);
      });
      const forget = connection.whenClosed(() => {
        cancel();
        tell(!connection.broken);
      });
    }
  });
}

/** Never calls back where the client left before: the exchange's `closed` tells that. */
function whenHandedOver({ request, response }: Exchange, listener: () => void): void {
  if ("stream" in request) {
    // Closed once its last frame is with the socket; or reset, which the exchange knows before us.
    if (request.stream.closed || request.stream.destroyed) listener();
    else request.stream.once("close", listener);
  } else if (response.writableFinished) listener();
  else response.once("finish", listener);
}
