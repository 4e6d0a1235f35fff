/** An exchange on node:http. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { checkInterim, type FieldLine, statusLine } from "../fields/interim-fields.ts";
import { answerClientErrorsBehind } from "./client-errors.ts";
import type { Exchange } from "./exchange.ts";
import { createClosing } from "./exchange-closing.ts";
import { declaresContent, onceComplete } from "./request-complete.ts";
import { onSocketClose } from "./socket-close.ts";

/** Opens an exchange over HTTP/1.1. See {@link Exchange}. */
export function openHttp1(request: IncomingMessage, response: ServerResponse): Exchange {
  const protocol = speaksInterim(request) ? "HTTP/1.1" : "HTTP/1.0";
  answerClientErrorsBehind(request);
  const closing = createClosing();
  const withContent = declaresContent(request);
  const requestComplete = (): boolean => (withContent ? request.complete : !request.aborted);

  const close = (): void => closing.close(response.writableFinished);
  response.once("close", close);
  // A pipelined response has no socket yet, and never hears of its end.
  const forget = onSocketClose(request.socket, close);
  closing.whenClosed(forget);
  if (response.destroyed || request.socket.destroyed) close();

  return {
    request,
    response,
    protocol,
    get state() {
      if (closing.isClosed) return "closed";
      return response.headersSent ? "answering" : "waiting";
    },
    get closed() {
      return closing.signal;
    },
    get undelivered() {
      return closing.undelivered;
    },
    get requestComplete() {
      return requestComplete();
    },
    whenRequestComplete: (listener) => onceComplete(request, requestComplete, listener),
    interim: (status, fields) => {
      const lines = checkInterim(status, fields);
      // RFC 9110 §15.2: "a server MUST NOT send a 1xx response to an HTTP/1.0 client."
      if (protocol === "HTTP/1.0") return false;
      // RFC 2518 §10.1: a 102 says "that the server has accepted the complete request".
      if (status === 102 && !requestComplete()) return false;
      if (closing.isClosed || response.headersSent || response.writableEnded || response.destroyed)
        return false;
      const { socket } = response;
      // Without a socket an earlier response is still under way; ours would wait, and burst out later.
      if (socket === null || socket.destroyed || !socket.writable) return false;
      // The client does not read: what we add now would only pile up.
      if (socket.writableNeedDrain) return false;
      write(response, status, lines);
      return true;
    },
  };
}

function speaksInterim(request: IncomingMessage): boolean {
  return request.httpVersionMajor > 1 || (request.httpVersionMajor === 1 && request.httpVersionMinor >= 1);
}

/** What Node has from 24.18 and 26.2 on, and what it had before: private, and tested on every version that we name. */
interface InterimWriter {
  writeInformation?(status: number, fields: readonly string[]): unknown;
  _writeRaw?(head: string, encoding: "latin1"): unknown;
}

function write(response: ServerResponse & InterimWriter, status: number, lines: readonly FieldLine[]): void {
  if (typeof response.writeInformation === "function") {
    // As a flat list, of which each pair becomes a line of its own.
    response.writeInformation(status, lines.flat());
    return;
  }
  let head = `${statusLine(status)}\r\n`;
  for (const [name, value] of lines) head += `${name}: ${value}\r\n`;
  response._writeRaw?.(`${head}\r\n`, "latin1");
}
