/**
 * Listeners such as that of `@hono/node-server` close the stream of HTTP/2 when their response has ended, lest unread
 * content goes on coming. Once the handler's response is another one than the stream's, that is too early.
 */
import { constants, Http2ServerRequest, type ServerHttp2Stream } from "node:http2";
import type { AnyRequest } from "@meanwhile/interim";

const cutOff = new WeakSet<ServerHttp2Stream>();

/** Lets a handler close the stream in peace only when the final response is out. Resets go through. */
export function holdStream(request: Http2ServerRequest): void {
  const { stream } = request;
  const close = stream.close;
  stream.close = (code = constants.NGHTTP2_NO_ERROR, callback?: () => void): void => {
    if (code !== constants.NGHTTP2_NO_ERROR) {
      close.call(stream, code, callback);
      return;
    }
    if (callback) stream.once("close", callback);
    // What has come is taken in until then.
    request.resume();
    whenOut(stream, () => {
      // One whose content is all there closes by itself.
      if (stream.readableEnded) return;
      cutOff.add(stream);
      close.call(stream, code);
    });
  };
}

/**
 * Once the final response is out, tells a client of HTTP/2 to send no more of its content, which nobody reads any more
 * (RFC 9113 §8.1).
 */
export function endContent(request: AnyRequest): void {
  if (!(request instanceof Http2ServerRequest)) return;
  const { stream } = request;
  whenOut(stream, () => {
    if (!stream.readableEnded && !stream.closed) stream.close();
  });
}

/** A reset overtakes what is queued, so that one right after the end would be all that the client sees. */
function whenOut(stream: ServerHttp2Stream, listener: () => void): void {
  const soon = (): void => void setImmediate(() => setImmediate(listener));
  if (stream.writableFinished) soon();
  else stream.once("finish", soon);
}

/** Whether its handler closed the stream before all content was there. */
export function wasCutOff(stream: ServerHttp2Stream): boolean {
  return cutOff.has(stream);
}
