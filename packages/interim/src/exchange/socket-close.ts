/** One listener a socket, however many pipelined exchanges wait on it. */
import type { Socket } from "node:net";

const followers = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls the listener when the socket closes.
 *
 * @returns takes the listener off again
 */
export function onSocketClose(socket: Socket, listener: () => void): () => void {
  const followed = followers.get(socket) ?? follow(socket);
  followed.add(listener);
  return () => followed.delete(listener);
}

function follow(socket: Socket): Set<() => void> {
  const listeners = new Set<() => void>();
  followers.set(socket, listeners);
  socket.once("close", () => {
    for (const listener of [...listeners]) listener();
    listeners.clear();
  });
  return listeners;
}
