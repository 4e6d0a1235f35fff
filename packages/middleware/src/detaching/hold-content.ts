/** Content that a handler reads when the client is gone: what has come whole stays, what has not is no whole content. */
import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { FacadeSocket } from "../recording/facade-socket.ts";

/**
 * Node destroys a request when its connection is gone, also one that has come whole and is not read yet. Whoever listens
 * for that hears of it all the same, where nobody has begun to read. Where its handler destroys it, Node waits for the
 * end of the connection before it says so; here, of the response.
 */
export function holdContent(request: IncomingMessage, facade: FacadeSocket): void {
  const { destroy } = request;
  request.destroy = (error?: Error): IncomingMessage => {
    const isLoss = error !== undefined && "code" in error && error.code === "ECONNRESET";
    if (!isLoss) return withSocket(request, facade, () => destroy.call(request, error));
    if (!request.complete || request.readableEnded) return destroy.call(request, error);
    if (!isBeingRead(request)) {
      // Only as long as they are told: a stream that is aborted gives its readers nothing any more.
      request.aborted = true;
      request.emit("aborted");
      request.emit("close");
      request.aborted = false;
    }
    return request;
  };
}

function withSocket<Result>(request: IncomingMessage, socket: object, run: () => Result): Result {
  const before = request.socket;
  Reflect.set(request, "socket", socket);
  try {
    return run();
  } finally {
    request.socket = before;
  }
}

function isBeingRead(request: IncomingMessage): boolean {
  const listens = request.listenerCount("data") + request.listenerCount("readable") > 0;
  return listens || request.readableFlowing === true;
}

/**
 * On HTTP/2 content goes with its stream: as much as the request's buffer holds is taken in now. Where more is missing
 * when the stream is reset, Node alone would show the handler an end of the content like any other.
 */
export function holdContentOfStream(request: Http2ServerRequest): void {
  const { stream } = request;
  // Handlers that do not listen for it are not to bring the process down.
  request.on("error", () => undefined);
  if (stream.endAfterHeaders) return;
  request.read(0);
  stream.once("finish", () => {
    // As Node does with content that nobody has begun to read; it would take ours for reading.
    if (stream.readableEnded || request.readableDidRead || request.readableFlowing) return;
    setImmediate(() => setImmediate(() => stream.close()));
  });
  stream.once("aborted", () => {
    if (stream.readableEnded || request.readableEnded) return;
    request.destroy(Object.assign(new Error("aborted"), { code: "ECONNRESET" }));
  });
}
