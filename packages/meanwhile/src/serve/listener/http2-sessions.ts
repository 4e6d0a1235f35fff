/** The HTTP/2 sessions of a server. */
import {
  constants,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import { isClientIdle } from "./client-idle.ts";

export interface Http2Sessions {
  /** Takes no new requests; each session ends after its last response. */
  wind(): void;
}

/** Watches a server's sessions and streams, and ends those whose client has stopped taking part for `idleMs`. */
export function watchHttp2Sessions(server: Http2SecureServer, idleMs: number): Http2Sessions {
  const sessions = new Set<ServerHttp2Session>();

  server.on("session", (session) => {
    let streams = 0;
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    session.on("stream", (stream) => {
      streams += 1;
      stream.once("close", () => {
        streams -= 1;
      });
    });
    session.setTimeout(idleMs, () => {
      if (streams === 0) session.close();
      else session.setTimeout(idleMs);
    });
  });

  const begin = (request: Http2ServerRequest, response: Http2ServerResponse): void => {
    if (request.httpVersionMajor !== 2) return;
    const { stream } = response;
    stream.setTimeout(idleMs);
    stream.on("timeout", () => {
      if (stream.destroyed) return;
      if (isClientIdle(request, stream)) stream.close(constants.NGHTTP2_CANCEL);
      else stream.setTimeout(idleMs);
    });
  };
  server.prependListener("request", begin);
  // Requests that expect 100 Continue come by this name only.
  server.prependListener("checkContinue", begin);

  return {
    wind() {
      for (const session of sessions) session.close();
    },
  };
}
