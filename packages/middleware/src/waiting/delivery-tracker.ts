/** Who waits for an operation, and whether anybody of them got its answer. */
import type { Exchange } from "@meanwhile/interim";
import type { After, JournalEntry, Operation, Operations } from "@meanwhile/operations";
import { type ConnectionEnd, connectionEnd } from "./connection-end.ts";

/** How long after its last byte a response still counts as lost where its connection is reset, in milliseconds. */
export const resetMs = 2_000;

/** How many operations are remembered as delivered beyond their end, until the journal says so itself. */
const rememberedDeliveries = 4096;

export interface Attendance {
  /** The exchange waits for the operation from now on. */
  attend(operation: Operation, exchange: Exchange): Presence;
  /** Another exchange was answered with the outcome that is kept. */
  answeredAgain(entry: JournalEntry, exchange: Exchange): void;
  /** Of an operation that runs: whether all connections that waited for it here are gone, and none was answered. */
  isDeserted(id: string): boolean;
  /** Of one that has ended, as the journal has it: whether nobody who waited for it here got its answer. */
  isLost(entry: Pick<JournalEntry, "id" | "delivered">): boolean;
  /** How many operations are in mind. */
  readonly size: number;
}

/** An exchange that waits for an operation. */
export interface Presence {
  /** It was answered, and waits no more. It is soon known whether what it was told arrived. */
  answered(told: Told): void;
}

/** The operation's final response, a 202 that says where to ask for it, or something less. */
export type Told = "outcome" | "place" | "less";

interface Attended {
  /** Exchanges that wait, or were answered so recently that nobody knows whether it arrived. */
  present: number;
  /** Somebody was answered. */
  delivered: boolean;
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
  /** Deserted, and not ended: somebody may come back before the end. */
  const deserted = new WeakSet<Operation>();

  /** Apart, so that it holds nothing of the exchange. */
  function leaving(operation: Operation, state: Attended): (delivered: boolean) => void {
    return (delivered) => leave(operation, state, delivered);
  }

  function leave(operation: Operation, state: Attended, delivered: boolean): void {
    state.present -= 1;
    state.delivered ||= delivered;
    if (delivered) operations.delivered(operation);
    if (state.present > 0) return;
    if (!state.delivered) {
      // What was lost is worth keeping for the one who comes back.
      void operations.keep(operation);
      attended.delete(operation.id);
      operations.attend(operation, false);
      tellLost(operation);
    } else if (operation.outcome) forget(operation);
    else void operation.ended.then(() => state.present === 0 && forget(operation));
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

  function forget(operation: Operation): void {
    const { id } = operation;
    attended.delete(id);
    operations.attend(operation, false);
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
      let state = attended.get(operation.id);
      if (state === undefined) {
        state = { present: 0, delivered: false };
        attended.set(operation.id, state);
        operations.attend(operation, true);
      }
      state.present += 1;
      const waiting = new Waiting(operation, connectionEnd(exchange), leaving(operation, state));
      return presence(exchange, waiting, { operations, after });
    },
    answeredAgain(entry, exchange) {
      if (!entry.outcome?.secret) return;
      const connection = connectionEnd(exchange);
      whenHandedOver(exchange, () => {
        if (exchange.undelivered) return;
        whenArrived(connection, after, (arrived) => arrived && operations.handedOver(entry));
      });
    },
    isDeserted: (id) => !attended.has(id),
    isLost: ({ id, delivered }) => !delivered && !attended.has(id) && !deliveries.has(id),
  };
}

/** What is held of an exchange until it is known whether it got its answer: for seconds, so nothing of its request. */
class Waiting {
  readonly #operation: Operation;
  readonly #connection: ConnectionEnd;
  readonly #leave: (delivered: boolean) => void;
  #left = false;

  constructor(operation: Operation, connection: ConnectionEnd, leave: (delivered: boolean) => void) {
    this.#operation = operation;
    this.#connection = connection;
    this.#leave = leave;
  }

  leave(delivered: boolean): void {
    if (this.#left) return;
    this.#left = true;
    this.#leave(delivered);
  }

  /** It was given to the system. */
  handedOver(told: Told, { operations, after }: Means): void {
    whenArrived(this.#connection, after, (arrived) => {
      if (arrived && told === "outcome") operations.handedOver(this.#operation);
      this.leave(arrived);
    });
  }
}

interface Means {
  readonly operations: Operations;
  readonly after: After;
}

function presence(exchange: Exchange, waiting: Waiting, means: Means): Presence {
  exchange.whenUndelivered(() => waiting.leave(false));
  return {
    answered(told) {
      if (told === "less") waiting.leave(false);
      // Where the client had left before, this never comes.
      else
        whenHandedOver(exchange, () => {
          if (exchange.undelivered) waiting.leave(false);
          else waiting.handedOver(told, means);
        });
    },
  };
}

/** Tells once whether a response that was given to the system arrived, as far as a server can see. */
function whenArrived(connection: ConnectionEnd, after: After, tell: (arrived: boolean) => void): void {
  if (connection.closed) {
    tell(!connection.broken);
    return;
  }
  const cancel = after(resetMs, () => {
    forget();
    tell(true);
  });
  const forget = connection.whenClosed(() => {
    cancel();
    tell(!connection.broken);
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
