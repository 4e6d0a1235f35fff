/** Finds out that the other side is gone, of which nothing tells. */
import type { ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { ConnectionError } from "../error/connection-error.ts";
import type { Timers } from "./timers.ts";

/** Milliseconds of silence after which a connection is asked whether it is alive: by TCP, and over HTTP/2 by PING. */
export const keepAliveMs = 30_000;

/** How long the answer to a PING may take, in milliseconds. */
const pingAnswerMs = 15_000;

/**
 * Pings a connection that has been silent for {@link keepAliveMs} (RFC 9113 §6.7), and takes it down where nothing comes back.
 * TCP's own keep-alive ends at the first hop that has a connection of its own.
 *
 * @returns ends it
 */
export function pingWhereSilent(session: ClientHttp2Session, socket: Socket, timers: Timers): () => void {
  let forget = (): void => {};
  const wait = (): void => {
    const seen = socket.bytesRead;
    forget = timers.after(keepAliveMs, () => {
      if (session.destroyed) return;
      if (socket.bytesRead !== seen) {
        wait();
        return;
      }
      // That the answer has come is seen by its bytes.
      session.ping(() => {});
      forget = timers.after(pingAnswerMs, () => {
        if (socket.bytesRead !== seen) wait();
        else session.destroy(silent());
      });
    });
  };
  wait();
  return () => forget();
}

function silent(): ConnectionError {
  return new ConnectionError("lost", "the connection is dead: not even a PING is answered", {
    mayHaveArrived: true,
  });
}
