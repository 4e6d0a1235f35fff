/** Keeps a connection readable for a moment after it cannot be written to any more. */
import type { Socket } from "node:net";

type Done = (error?: Error | null) => void;

/**
 * A server that does not want the rest of an upload answers (401, 413, 507) and closes. Our next write then fails
 * while its answer is still waiting to be read; and Node takes the whole socket down at once, answer included. So
 * such an error is held back until the other side's end has been read. (RFC 9112 §9.5: "A client sending a message
 * body SHOULD monitor the network connection for an error response while it is transmitting the request.")
 */
export function outliveWriteErrors<S extends Socket>(socket: S): S {
  let failed = false;
  const late = (done: Done): Done => {
    return (error) => {
      if (error === undefined || error === null || socket.destroyed) {
        done(error);
        return;
      }
      failed = true;
      hold(socket, () => done(error));
    };
  };
  const write = socket._write.bind(socket);
  socket._write = (chunk, encoding, done) =>
    failed ? hold(socket, () => done()) : write(chunk, encoding, late(done));
  const writeMany = socket._writev?.bind(socket);
  if (writeMany !== undefined) {
    socket._writev = (chunks, done) => (failed ? hold(socket, () => done()) : writeMany(chunks, late(done)));
  }
  return socket;
}

/** How long the other side's last words are waited for. They are in our own machine already. */
const graceMs = 500;

function hold(socket: Socket, release: () => void): void {
  const timer = setTimeout(settle, graceMs);
  function settle(): void {
    clearTimeout(timer);
    socket.off("end", settle);
    socket.off("close", settle);
    release();
  }
  socket.once("end", settle);
  socket.once("close", settle);
}
