/** The end of a connection on which the rest of a refused request is still under way. */
import type { Socket } from "node:net";

/** Calls back after some milliseconds. @returns takes the call off again */
export type After = (ms: number, callback: () => void) => () => void;

/** How often the client is looked after; one that has sent nothing in between is not waited for. In milliseconds. */
const lookMs = 5_000;
/** After so many looks the connection ends, whatever still comes. */
const mostLooks = 6;

const closing = new WeakSet<Socket>();

/**
 * Whether the response that ends the connection was begun: further requests on it are not processed (RFC 9112 §9.6).
 */
export function isClosing(socket: Socket): boolean {
  return closing.has(socket);
}

/**
 * Has a connection of HTTP/1.1 end in stages once the response that is sent now, its last, is written: the server's
 * side first, all of it when the client closes its own, or has sent nothing for five seconds, and after thirty seconds
 * in any case. Until then the request is to be read on.
 *
 * A connection that is closed while its client still sends is reset, and a reset takes from the client what it had not
 * read yet, the response among it (RFC 9112 §9.6).
 */
export function closeLingering(socket: Socket, after: After = timeoutAfter): void {
  closing.add(socket);
  // Node calls this after the last response of a connection.
  socket.destroySoon = () => {
    socket.end();
    let stop = (): void => undefined;
    const look = (looksLeft: number, seen: number): void => {
      stop = after(lookMs, () => {
        if (looksLeft === 0 || socket.bytesRead === seen) socket.destroy();
        else look(looksLeft - 1, socket.bytesRead);
      });
    };
    look(mostLooks - 1, socket.bytesRead);
    socket.once("close", () => stop());
  };
}

const timeoutAfter: After = (ms, callback) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};
