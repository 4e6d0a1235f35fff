/**
 * Listeners such as that of `@hono/node-server` close the stream of HTTP/2 when their response has ended, lest unread
 * content goes on coming. Once the handler's response is another one than the stream's, that is too early.
 */
import { constants, type Http2ServerRequest, type ServerHttp2Stream } from "node:http2";

const cutOff = new WeakSet<ServerHttp2Stream>();

/** Lets a handler close the stream in peace only when the final response is out. Resets go through. */
export function holdStream(request: Http2ServerRequest): void {
  const { stream } = request;
  const close = stream.close;
  stream.close = (code = constants.NGHTTP2_NO_ERROR, callback?: () => void): void => {
    const now = (): void => {
      if (!stream.readableEnded) cutOff.add(stream);
      close.call(stream, code, callback);
    };
    if (code !== constants.NGHTTP2_NO_ERROR || stream.writableFinished) {
      now();
      return;
    }
    // What has come is taken in until then.
    request.resume();
    stream.once("finish", now);
  };
}

/** Whether its handler closed the stream before all content was there. */
export function wasCutOff(stream: ServerHttp2Stream): boolean {
  return cutOff.has(stream);
}
