/** `request.socket` as the handler of an operation has it: to break that off is to break its response off. */
import type { Socket } from "node:net";
import type { AnyRequest, AnyResponse } from "@meanwhile/interim";
import type { FacadeSocket } from "../recording/facade-socket.ts";

const connections = new WeakMap<object, Socket>();

/** What ends or writes to a connection. All else is the connection's own. */
const ofTheResponse: ReadonlySet<PropertyKey> = new Set([
  "destroy",
  "destroySoon",
  "resetAndDestroy",
  "end",
  "write",
]);

/**
 * The connection, but that what its handler does to it happens to the response. Express's last error handler, for
 * instance, destroys it where a head was sent; the connection's own end would be taken for a client that left.
 *
 * Once its response is written, what is left is content that nobody reads: then the connection ends after the answer, as
 * `@hono/node-server` wants it.
 *
 * @param wire the response that goes to the client
 */
export function handlersSocket(request: AnyRequest, wire: AnyResponse, facade: FacadeSocket): Socket {
  const { socket } = request;
  const isUnread = (): boolean => facade.destroyed && !request.complete && request.httpVersionMajor === 1;
  const endAfterAnswer = (): void => {
    if (wire.writableFinished || wire.destroyed) socket.destroySoon();
    else wire.once("close", () => socket.destroySoon());
  };
  const seen = new Proxy(socket, {
    get(target, name) {
      const isLoss = (error: unknown): boolean => (error as NodeJS.ErrnoException)?.code === "ECONNRESET";
      const of = ofTheResponse.has(name) ? facade : target;
      const value: unknown = Reflect.get(of, name, of);
      if (typeof value !== "function") return value;
      // Node destroys it by way of the request when the client has left.
      if (name === "destroy") {
        return (error?: Error) => {
          if (isLoss(error)) target.destroy(error);
          else if (isUnread()) endAfterAnswer();
          else facade.destroy(error);
          return seen;
        };
      }
      if (of === facade && name !== "write" && isUnread()) return endAfterAnswer;
      return value.bind(of);
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  });
  connections.set(seen, socket);
  return seen;
}

/** The connection itself. */
export function connectionOf(socket: Socket): Socket {
  return connections.get(socket) ?? socket;
}
