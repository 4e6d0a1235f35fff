import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Front } from "@meanwhile/interim/profiles";
import { createOperations } from "@meanwhile/operations";
import { createDavHandler, type RequestLogEntry } from "@meanwhile/server";
import type { Tree } from "@meanwhile/server/store";
import { createMemoryLockStore, createMemoryTree, type SlowStep, slowTree } from "@meanwhile/server/testing";

export interface SlowServerOptions {
  /** How long a step of the tree takes, where it is one of those. */
  readonly delayMs: Readonly<Partial<Record<SlowStep, number>>>;
  readonly afterMs: number;
  readonly everyMs: number;
  /** The proxy in front; default "none". */
  readonly front?: Front;
}

/** A server within this process, for what no real disk is slow enough. */
export interface SlowServer {
  readonly url: string;
  readonly port: number;
  /** The tree behind, which is not slow. */
  readonly tree: Tree;
  /** What it has answered since the last call. */
  take(): readonly RequestLogEntry[];
  stop(): Promise<void>;
}

/** Starts it on a free port of 127.0.0.1. */
export async function startSlowServer(options: SlowServerOptions): Promise<SlowServer> {
  const tree = createMemoryTree();
  let entries: RequestLogEntry[] = [];
  const handler = createDavHandler({
    tree: slowTree(tree, async (step) => {
      await delay(options.delayMs[step] ?? 0);
    }),
    locks: createMemoryLockStore({ clock: Date.now }),
    operations: createOperations(),
    interim: { front: options.front ?? "none", afterMs: options.afterMs, everyMs: options.everyMs },
    log: (entry) => entries.push(entry),
  });
  const server = createServer(handler).on("checkContinue", handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    tree,
    take() {
      const taken = entries;
      entries = [];
      return taken;
    },
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await handler.close();
    },
  };
}
