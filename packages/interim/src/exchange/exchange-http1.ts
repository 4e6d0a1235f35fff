/** An exchange on node:http. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { checkInterim, type InterimFields, statusLine } from "../fields/interim-fields.ts";
import { writeInterim } from "../node-private.ts";
import { answerClientErrorsBehind } from "./client-errors.ts";
import type { Exchange, ExchangeState } from "./exchange.ts";
import { Closing } from "./exchange-closing.ts";
import { hasContent, onceComplete } from "./request-complete.ts";

/** An exchange over HTTP/1.1. See {@link Exchange}. */
export class Http1Exchange extends Closing implements Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly protocol: "HTTP/1.0" | "HTTP/1.1";
  readonly #withContent: boolean;

  constructor(request: IncomingMessage, response: ServerResponse) {
    super();
    answerClientErrorsBehind(request);
    this.request = request;
    this.response = response;
    const { httpVersionMajor: major, httpVersionMinor: minor } = request;
    this.protocol = major > 1 || (major === 1 && minor >= 1) ? "HTTP/1.1" : "HTTP/1.0";
    this.#withContent = hasContent(request);
    const close = (): void => {
      forget();
      this.close(response.writableFinished);
    };
    // A pipelined response has no socket yet, and never hears of its end.
    const forget = onSocketClose(request.socket, close);
    response.once("close", close);
    if (response.destroyed || request.socket.destroyed) close();
  }

  get state(): ExchangeState {
    if (this.isClosed) return "closed";
    return this.response.headersSent ? "answering" : "waiting";
  }

  get requestComplete(): boolean {
    return this.#withContent ? this.request.complete : !this.request.aborted;
  }

  whenRequestComplete(listener: () => void): void {
    onceComplete(this.request, this, listener);
  }

  interim(status: number, fields: InterimFields): boolean {
    const lines = checkInterim(status, fields);
    // RFC 9110 §15.2: "a server MUST NOT send a 1xx response to an HTTP/1.0 client."
    if (this.protocol === "HTTP/1.0") return false;
    // RFC 2518 §10.1: a 102 says "that the server has accepted the complete request".
    if (status === 102 && !this.requestComplete) return false;
    const { response } = this;
    if (this.isClosed || response.headersSent || response.writableEnded || response.destroyed) return false;
    const { socket } = response;
    // Without a socket an earlier response is still under way; ours would wait, and burst out later.
    if (socket === null || socket.destroyed || !socket.writable) return false;
    // The client does not read: what we add now would only pile up.
    if (socket.writableNeedDrain) return false;
    return writeInterim(response, status, statusLine(status), lines);
  }
}

const followers = new WeakMap<Socket, (() => void)[]>();

/**
 * Calls the listener when the socket closes: one listener of a socket, however many pipelined exchanges wait for it.
 * @returns takes the listener off again
 */
function onSocketClose(socket: Socket, listener: () => void): () => void {
  // Seldom more than one, and no `Set`: see decision 0170.
  const followed = followers.get(socket) ?? follow(socket);
  followed.push(listener);
  return () => {
    const at = followed.indexOf(listener);
    if (at >= 0) followed.splice(at, 1);
  };
}

function follow(socket: Socket): (() => void)[] {
  const listeners: (() => void)[] = [];
  followers.set(socket, listeners);
  socket.once("close", () => {
    for (const listener of listeners.splice(0)) listener();
  });
  return listeners;
}
