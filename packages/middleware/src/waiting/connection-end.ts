/** How the connection of an exchange ended: in peace, or by a reset, which may have destroyed what was under way. */
import type { Exchange } from "@meanwhile/interim";
import { connectionOf } from "../detaching/handlers-socket.ts";
import { Ring } from "./ring.ts";

/** The connection that an exchange came over; many exchanges share one. */
export interface ConnectionEnd {
  readonly closed: boolean;
  /** Whether it was reset, or broke in another way. False while it is open. */
  readonly broken: boolean;
  /** Calls the listener when it closes; never where it has. @returns how to stop that */
  whenClosed(listener: () => void): () => void;
}

interface KnownEnd extends ConnectionEnd {
  closed: boolean;
  broken: boolean;
}

/** What a socket and an HTTP/2 session have in common. */
interface Emitter {
  readonly destroyed: boolean;
  once(event: "close", listener: () => void): unknown;
  once(event: "error", listener: (error: Error) => void): unknown;
}

const known = new WeakMap<object, KnownEnd>();

/** Ask while the exchange is open: an HTTP/2 stream that is closed no longer knows its session. */
export function connectionEnd({ request }: Exchange): ConnectionEnd {
  const session = "stream" in request ? request.stream.session : undefined;
  const connection: Emitter = session ?? connectionOf(request.socket);
  const before = known.get(connection);
  if (before) return before;
  const end = watched(connection);
  known.set(connection, end);
  return end;
}

/** One pair of listeners a connection, however many exchanges it carries. */
function watched(connection: Emitter): KnownEnd {
  const listeners = new Ring<() => void>();
  const end: KnownEnd = {
    // What was injected has no connection: who asked has what was written.
    closed: connection.destroyed !== false,
    broken: "errored" in connection && connection.errored instanceof Error,
    whenClosed: (listener) => listeners.add(listener),
  };
  connection.once("error", () => {
    end.broken = true;
  });
  connection.once("close", () => {
    end.closed = true;
    for (const listener of listeners.takeAll()) listener();
  });
  return end;
}
