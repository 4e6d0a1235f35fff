/** Bytes on an HTTP/1.1 connection that Node's parser refuses: they get an answer, after the requests before them. */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { responseOn } from "../node-private.ts";
import type { AnyRequest } from "./exchange.ts";
import { closeLingering } from "./lingering-close.ts";
import { type ParseError, type Refusal, refusalOf } from "./malformed-status.ts";

/** A server of node:http, node:https, or node:http2 with `allowHTTP1`. */
export interface Http1Server {
  on(event: "clientError", listener: (error: ParseError, socket: Duplex) => void): unknown;
  emit(event: string | symbol, ...given: unknown[]): boolean;
  listenerCount(event: "clientError"): number;
  /** Node's own: whether a client that has closed its side still gets the responses that are due. */
  httpAllowHalfOpen?: boolean;
}

type ServedSocket = Socket & {
  readonly server?: Http1Server;
};

export interface ClientErrorOptions {
  /** Content of the answers; default none. */
  readonly content?: (refusal: Refusal) => { readonly type: string; readonly text: string };
  /** Told of each, when it is sent; `address` is that of the connection's other end. */
  readonly told?: (refusal: Refusal & { readonly address: string }) => void;
}

const servers = new WeakSet<Http1Server>();
const held = new WeakSet<Socket>();

/**
 * Answers what a server's clients send that is no HTTP/1.1 with a status of its own (400, 408, 413, 431, 501), and
 * then ends the connection. Node's default writes its 400 at once, so that a complete request before the malformed
 * bytes loses its response although its work was done; here each request that is complete is answered first, in order.
 *
 * Every exchange asks for this on the server that it came by; call it yourself for connections whose first bytes are
 * malformed already. Where the server has other "clientError" listeners, its application's or its framework's, those
 * decide in place of this: they are called once the complete requests were answered, and not where the connection has
 * ended with that.
 */
export function answerClientErrors(server: Http1Server, options: ClientErrorOptions = {}): void {
  if (servers.has(server)) return;
  servers.add(server);
  server.on("clientError", (error, socket) => {
    if (server.listenerCount("clientError") === 1) refuse(error, socket as ServedSocket, options);
  });
  const { emit } = server;
  server.emit = (event, ...given) => {
    if (event !== "clientError") return emit.call(server, event, ...given);
    holdBack(given[1] as ServedSocket, server, () => emit.call(server, event, ...given));
    return true;
  };
}

/** {@link answerClientErrors} for the server that a request came by, where it came over HTTP/1.1. */
export function answerClientErrorsBehind(request: AnyRequest): void {
  if (request.httpVersionMajor !== 1) return;
  // Requests that a test injects have a socket without a server, or none.
  const { server } = (request.socket ?? {}) as Partial<ServedSocket>;
  if (server !== undefined && !servers.has(server)) answerClientErrors(server);
}

/** Calls the listener when every complete request that came on this connection was answered: at once, if all were. */
export function whenEarlierAreAnswered(socket: Socket, listener: () => void): void {
  const response = responseOn(socket);
  // A request whose content is broken off by malformed bytes is never complete.
  if (socket.destroyed || !response?.req.complete) listener();
  else response.once("close", () => whenEarlierAreAnswered(socket, listener));
}

/** Lets listeners hear of malformed bytes when the requests before those were answered. */
function holdBack(socket: ServedSocket, server: Http1Server, tell: () => void): void {
  // Nothing can be sent any more: the connection itself failed.
  if (socket.destroyed || !socket.writable) {
    tell();
    return;
  }
  // The parser reports its error again with each further piece.
  if (held.has(socket)) return;
  held.add(socket);
  closeLingering(socket);
  answerHalfClosed(socket, server);
  whenEarlierAreAnswered(socket, () => {
    if (!socket.destroyed && socket.writable) tell();
  });
}

function refuse(error: ParseError, socket: ServedSocket, { content, told }: ClientErrorOptions): void {
  if (socket.destroyed || !socket.writable) {
    socket.destroy(error);
    return;
  }
  // After the head of another response this would be taken for its content.
  if (!responseOn(socket)?.headersSent) {
    const refusal = refusalOf(error);
    socket.write(responseBytes(refusal, content?.(refusal)));
    told?.({ ...refusal, address: socket.remoteAddress ?? "" });
  }
  if (!socket.writableEnded) socket.destroySoon();
}

/** Node ends the connection of a client that closes its side, whatever it still has to be told. */
function answerHalfClosed(socket: Socket, server: Http1Server): void {
  const before = server.httpAllowHalfOpen ?? false;
  socket.prependListener("end", () => {
    server.httpAllowHalfOpen = true;
  });
  socket.on("end", () => {
    server.httpAllowHalfOpen = before;
  });
}

function responseBytes({ status }: Refusal, content = { type: "", text: "" }): string {
  const type = content.text === "" ? "" : `Content-Type: ${content.type}\r\n`;
  const fields = `Date: ${new Date().toUTCString()}\r\nConnection: close\r\n${type}`;
  const length = Buffer.byteLength(content.text);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${fields}Content-Length: ${length}\r\n\r\n${content.text}`;
}
