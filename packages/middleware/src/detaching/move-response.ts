/**
 * Takes a response of node:http off its connection, so that its handler can go on when the client is gone or was
 * answered something else. It leans on what is private to Node, see `node-private.ts` of interim.
 */
import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import {
  closeResponse,
  finishListener,
  guardClosed,
  shareLast,
  takeOverConnection,
  tellDrained,
} from "@meanwhile/interim/internal";
import type { FacadeSocket } from "../recording/facade-socket.ts";
import { connectionOf } from "./handlers-socket.ts";

/**
 * Moves the response to the facade.
 *
 * @returns the response that holds the connection instead; undefined, and nothing changed, where Node is not as we know it
 */
export function moveResponse(
  request: IncomingMessage,
  response: ServerResponse,
  facade: FacadeSocket,
): ServerResponse | undefined {
  const finished = finishListener(response);
  if (finished === undefined || response.headersSent || response.destroyed) return undefined;
  const { socket } = response;
  const { detachSocket } = ServerResponse.prototype;
  const wire = successor(request, response);

  response.removeListener("finish", finished);
  if (socket !== null) {
    detachSocket.call(response, socket);
    wire.assignSocket(socket);
  }
  const guard = guardClosed(response);
  wire.once("finish", () => {
    // Node's listener closes the handler's response with the connection's: its end is its own.
    process.nextTick(() => guard.shut());
    finished();
    process.nextTick(() => guard.open());
    process.nextTick(() => closeResponse(wire));
  });
  // The connection's own timer asks the response on it whether anybody listens, before it ends the connection.
  const emit = wire.emit;
  wire.emit = (event: string | symbol, ...given: unknown[]): boolean =>
    event === "timeout" ? response.emit(event, facade) : emit.call(wire, event, ...given);
  const own = {
    // A pipelined response gets the connection when its turn comes.
    assignSocket: { value: (given: Socket) => wire.assignSocket(given) },
    detachSocket: {
      value: (given: Socket): void => {
        // Its handler has the facade, or what stands for the connection; Node has that itself.
        const isHandlers = Object.is(given, facade) || connectionOf(given) !== given;
        if (isHandlers) detachSocket.call(response, facade as unknown as Socket);
        else wire.detachSocket(given);
      },
    },
  };
  Object.defineProperties(
    response,
    Object.fromEntries(Object.entries(own).map(([name, how]) => [name, { configurable: true, ...how }])),
  );
  shareLast(response, wire);
  followResponse(response, facade);
  attach(response, facade);
  return wire;
}

/** Makes the response write to the facade. */
export function attach(response: ServerResponse, facade: FacadeSocket): void {
  const { emit } = response;
  // Not by listeners, which its handler may remove.
  response.emit = (event: string | symbol, ...given: unknown[]): boolean => {
    // As on HTTP/2: what is written after the end is no reason to end the process.
    if (event === "error" && response.listenerCount(event) === 0) return false;
    if (event === "finish") process.nextTick(() => facade.destroy());
    return emit.call(response, event, ...given);
  };
  ServerResponse.prototype.assignSocket.call(response, facade as unknown as Socket);
  facade.on("drain", () => tellDrained(response));
}

function successor(request: IncomingMessage, response: ServerResponse): ServerResponse {
  const wire = new ServerResponse(request);
  takeOverConnection(wire, response);
  return wire;
}

/** What the package `on-finished`, which Koa, Express' loggers and others use, keeps on a response, in all its versions. */
interface Listened {
  __onFinished?: { queue: ((error: unknown, response: ServerResponse) => void)[] | null } | null;
}

/**
 * Lets those who wait for the end of the response wait for its own, not for the connection's. `on-finished` listens on a response's
 * socket: where that was before the response was moved, its listeners would take a client that leaves for the end of the response.
 */
function followResponse(response: ServerResponse, facade: FacadeSocket): void {
  const listened = response as Listened;
  const queue = listened.__onFinished?.queue;
  if (!listened.__onFinished || !Array.isArray(queue)) return;
  listened.__onFinished.queue = null;
  listened.__onFinished = null;
  facade.once("close", () => {
    for (const listener of queue) listener(facade.errored, response);
  });
}
