/**
 * The package `on-finished`, which Koa, Express' loggers and others use, listens on a response's socket. Where that was
 * before we moved the response, its listeners would take a client that leaves for the end of the response.
 */
import type { ServerResponse } from "node:http";
import type { FacadeSocket } from "../recording/facade-socket.ts";

/** What it keeps on a response, in all its versions. */
interface Listened {
  __onFinished?: { queue: ((error: unknown, response: ServerResponse) => void)[] | null } | null;
}

/** Lets those who wait for the end of the response wait for its own, not for the connection's. */
export function followResponse(response: ServerResponse, facade: FacadeSocket): void {
  const listened = response as Listened;
  const queue = listened.__onFinished?.queue;
  if (!listened.__onFinished || !Array.isArray(queue)) return;
  listened.__onFinished.queue = null;
  listened.__onFinished = null;
  facade.once("close", () => {
    for (const listener of queue) listener(facade.errored, response);
  });
}
