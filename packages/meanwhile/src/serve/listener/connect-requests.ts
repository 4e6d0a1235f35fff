/** CONNECT, which Node gives to nobody: the handler answers it like each other method. */
import { type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Socket } from "node:net";
import { isClosing, whenEarlierAreAnswered } from "@meanwhile/interim/internal";
import type { OpenFolder } from "../open-folder.ts";

/**
 * Has a server's CONNECT requests answered by the handler. Node ends the connection of one that has no listener, without
 * a response, and leaves that connection to the listener: it ends with this response.
 */
export function answerConnect(server: Server | Http2SecureServer, handler: OpenFolder["handler"]): void {
  server.on("connect", ((...what: FromHttp1 | FromHttp2) => {
    const [request, target] = what;
    if (request.httpVersionMajor === 2) {
      handler(request as Http2ServerRequest, target as Http2ServerResponse);
      return;
    }
    const socket = target as Socket;
    socket.on("error", () => socket.destroy());
    whenEarlierAreAnswered(socket, () => {
      if (!socket.writable || isClosing(socket)) return;
      const response = new ServerResponse(request as IncomingMessage);
      response.shouldKeepAlive = false;
      response.assignSocket(socket);
      response.on("finish", () => socket.destroySoon());
      handler(request as IncomingMessage, response);
    });
  }) as () => void);
}

type FromHttp1 = [request: IncomingMessage, socket: Socket];
type FromHttp2 = [request: Http2ServerRequest, response: Http2ServerResponse];
