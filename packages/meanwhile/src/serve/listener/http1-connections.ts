/** The HTTP/1.1 connections of a server, and what each is busy with. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Http2SecureServer } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { isClientIdle } from "./client-idle.ts";

export interface Http1Connections {
  /** Ends those without a request now, and each other one after its response. */
  wind(): void;
  /** Ends all at once, those of HTTP/2 too. */
  cut(): void;
  /** Resolves when none is left, and all that listen for the end of one have heard of it. */
  gone(): Promise<void>;
}

/**
 * Watches a server's connections. Those whose client has stopped taking part for `idleMs` are ended, and only those:
 * Node's own limits cannot be used, since one on the whole request cuts off long uploads, and one on silence cuts off
 * requests that the server is still working on.
 */
export function watchHttp1Connections(server: Server | Http2SecureServer, idleMs: number): Http1Connections {
  const sockets = new Map<Socket, Connection>();
  const whenGone = new Set<() => void>();
  let winding = false;

  server.on(connectionEvent(server), (socket: Socket) => {
    sockets.set(socket, { exchange: undefined });
    socket.once("close", () => {
      sockets.delete(socket);
      if (sockets.size > 0) return;
      for (const resolve of whenGone) resolve();
      whenGone.clear();
    });
  });

  const begin = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.httpVersionMajor !== 1) return;
    const { socket } = request;
    const connection = sockets.get(socket);
    if (connection === undefined) return;
    connection.exchange = { request, response };
    response.once("close", () => {
      if (connection.exchange?.response !== response) return;
      connection.exchange = undefined;
      // What was written last is still on its way out.
      if (winding) socket.end();
    });
  };
  server.prependListener("request", begin as () => void);
  // Requests that expect 100 Continue come by this name only.
  server.prependListener("checkContinue", begin as () => void);

  server.setTimeout(idleMs);
  server.on("timeout", (socket: unknown) => {
    if (!isSocket(socket)) return;
    const exchange = sockets.get(socket)?.exchange;
    if (exchange === undefined || isClientIdle(exchange.request, socket)) socket.destroy();
    // A timeout comes once, until there is traffic again.
    else socket.setTimeout(idleMs);
  });

  return {
    wind() {
      winding = true;
      for (const [socket, { exchange }] of sockets) {
        if (exchange !== undefined || isHttp2(socket)) continue;
        // Of one whose client is only given time to read why it was refused, this end is closed already.
        if (socket.writableFinished) socket.destroy();
        else socket.end();
      }
    },
    cut() {
      for (const socket of sockets.keys()) socket.destroy();
    },
    gone() {
      return sockets.size === 0 ? Promise.resolve() : new Promise((resolve) => whenGone.add(resolve));
    },
  };
}

/** The last exchange of a connection that has not ended. */
interface Connection {
  exchange: { readonly request: IncomingMessage; readonly response: ServerResponse } | undefined;
}

function connectionEvent(server: Server | Http2SecureServer): "connection" | "secureConnection" {
  return "setSecureContext" in server ? "secureConnection" : "connection";
}

function isSocket(value: unknown): value is Socket {
  return typeof value === "object" && value !== null && "remoteAddress" in value;
}

function isHttp2(socket: Socket): boolean {
  return (socket as TLSSocket).alpnProtocol === "h2";
}
