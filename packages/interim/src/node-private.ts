/**
 * What is private to Node, all of it that is touched here: no other source has a name of Node's that begins with "_", or a
 * symbol of it. `node-private.test.ts` says on each version of Node whether these names still mean what they are used for.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** What node:http keeps on a response. */
interface ResponseInsides {
  writeInformation?(status: number, fields: readonly string[]): unknown;
  _writeRaw?(head: string, encoding: "latin1"): unknown;
  _hasBody?: boolean;
  shouldKeepAlive: boolean;
  _keepAliveTimeout?: unknown;
  _maxRequestsPerSocket?: unknown;
  maxRequestsOnConnectionReached?: unknown;
  _onPendingData?: unknown;
  _last?: unknown;
  _closed?: boolean;
}

function inside(response: ServerResponse): ResponseInsides {
  return response as unknown as ResponseInsides;
}

/**
 * Writes an interim response: with `writeInformation`, which Node has from 24.18 and 26.2 on, else as text.
 *
 * @param lines names and values, checked: Node checks them not on every version
 * @returns false where this Node has neither way
 */
export function writeInterim(
  response: ServerResponse,
  status: number,
  statusLine: string,
  lines: readonly (readonly [name: string, value: string])[],
): boolean {
  const own = inside(response);
  if (typeof own.writeInformation === "function") {
    // As a flat list, of which each pair becomes a line of its own.
    own.writeInformation(status, lines.flat());
    return true;
  }
  if (typeof own._writeRaw !== "function") return false;
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  own._writeRaw(`${statusLine}\r\n${head}\r\n`, "latin1");
  return true;
}

/** Whether `100 Continue` was sent on it; other interim responses do not count. */
export function sentContinue(response: object): boolean {
  return Reflect.get(response, "_sent100") === true;
}

/** The response that is under way on a connection; those of pipelined requests follow one by one. */
export function responseOn(socket: Duplex): ServerResponse | undefined {
  const { _httpMessage: response } = socket as { readonly _httpMessage?: ServerResponse | null };
  return response ?? undefined;
}

/** Has what is written as its content ignored, as that of a 204. */
export function ignoreContent(response: ServerResponse): void {
  inside(response)._hasBody = false;
}

/** Keeps what nobody has read of a request when it is answered: Node throws it away else. */
export function keepUnread(request: IncomingMessage): void {
  Reflect.set(request, "_consuming", true);
}

/** Forgets that something of a stream was read: `Readable.didRead` is false again. */
export function markUnread(stream: object): void {
  const state: unknown = Reflect.get(stream, "_readableState");
  if (typeof state === "object" && state !== null) Reflect.set(state, "dataEmitted", false);
}

/** What Node's server does when a response ends: it takes it off its connection, and turns to the next request. */
export function finishListener(response: ServerResponse): (() => void) | undefined {
  const found = response.listeners("finish").find(({ name }) => name === "bound resOnFinish");
  return found as (() => void) | undefined;
}

/** Gives a response what Node has set on another one for its connection. */
export function takeOverConnection(to: ServerResponse, from: ServerResponse): void {
  const [theirs, ours] = [inside(from), inside(to)];
  ours.shouldKeepAlive = theirs.shouldKeepAlive;
  ours._keepAliveTimeout = theirs._keepAliveTimeout;
  ours._maxRequestsPerSocket = theirs._maxRequestsPerSocket;
  ours.maxRequestsOnConnectionReached = theirs.maxRequestsOnConnectionReached;
  ours._onPendingData = theirs._onPendingData;
}

/** Has a response say of its connection's end what another one says, which holds the connection. */
export function shareLast(response: ServerResponse, wire: ServerResponse): void {
  Object.defineProperty(response, "_last", {
    configurable: true,
    get: () => inside(wire)._last,
    set: () => undefined,
  });
}

/** Closes a response as Node does with the one that it knows. */
export function closeResponse(response: ServerResponse): void {
  const own = inside(response);
  if (own._closed) return;
  response.destroyed = true;
  own._closed = true;
  response.emit("close");
}

/** Lets a response pass for closed, between `shut` and `open`, so that Node does not close it with its connection. */
export function guardClosed(response: ServerResponse): { shut(): void; open(): void } {
  let closed = inside(response)._closed ?? false;
  let guarded = false;
  Object.defineProperty(response, "_closed", {
    configurable: true,
    get: () => guarded || closed,
    set: (value: boolean) => {
      closed = value;
    },
  });
  return {
    shut() {
      guarded = true;
    },
    open() {
      guarded = false;
    },
  };
}

/** Tells a response that its connection takes more, as Node does for connections of its own. */
export function tellDrained(response: ServerResponse): void {
  for (const symbol of Object.getOwnPropertySymbols(response)) {
    if (symbol.description === "kNeedDrain") Reflect.set(response, symbol, false);
  }
  response.emit("drain");
}
