/** A whole server on a free port of this machine, around a tree in memory, for tests. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createServer2, type Http2Server } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { answerClientErrors } from "@meanwhile/interim/internal";
import { createOperations, type Operations } from "@meanwhile/operations";
import type { LockStore } from "../../locks/lock-store.ts";
import type { Credentials } from "../../request/authentication.ts";
import { createDavHandler, type DavHandlerOptions, type RequestLogEntry } from "../../server.ts";
import type { Tree } from "../../store.ts";
import { createMemoryLockStore } from "../memory/memory-lock-store.ts";
import { createMemoryTree } from "../memory/memory-tree.ts";
import { createMemoryUploadStore } from "../memory/memory-upload-store.ts";
import { viewMultistatus } from "./multistatus-view.ts";
import { requestBytes, WireClient, type WireResponse } from "./wire-client.ts";

export interface Served {
  readonly tree: Tree;
  readonly locks: LockStore;
  readonly operations: Operations;
  readonly port: number;
  /** What the log was told, in order. */
  readonly log: readonly RequestLogEntry[];
  /** Resolves when the log has `entries` entries. */
  logged(entries: number): Promise<void>;
  /** Resolves when `exchanges` have ended in all, be it that their client had all of the answer, or left. */
  ended(exchanges: number): Promise<void>;
  /** Sends one request on a connection of its own, and reads its final response. */
  ask(
    method: string,
    target: string,
    fields?: Readonly<Record<string, string>>,
    content?: string | Uint8Array,
  ): Promise<WireResponse>;
  /** A connection over which the test sends what it likes. */
  dial(): WireClient;
  /** What went wrong unseen: clients' mistakes on the wire are none of that. */
  close(): Promise<void>;
}

export interface ServeOptions extends Partial<DavHandlerOptions> {
  /** Default "http". */
  readonly over?: "http" | "http2";
  /** Whether the server listens to "checkContinue", as its documentation says it should; default true. */
  readonly checkContinue?: boolean;
}

/** Starts a server. Whoever names themselves by `X-Test-Principal` is believed. */
export async function serve(options: ServeOptions = {}): Promise<Served> {
  const tree = options.tree ?? createMemoryTree();
  const locks = options.locks ?? createMemoryLockStore({ clock: options.now ?? Date.now });
  const operations = options.operations ?? createOperations();
  const log: RequestLogEntry[] = [];
  let wake: () => void = () => undefined;
  const handler = createDavHandler({
    authenticate: byName,
    uploads: createMemoryUploadStore(),
    ...options,
    limits: { claimMs: 0, ...options.limits },
    tree,
    locks,
    operations,
    log(entry) {
      log.push(entry);
      wake();
    },
  });
  let endedExchanges = 0;
  const watchers = new Set<() => void>();
  const server: Server | Http2Server = options.over === "http2" ? createServer2() : createServer();
  // The exchange itself hears of its end in the same turn.
  server.on("request", (_request: unknown, response: NodeJS.EventEmitter) =>
    response.once("close", () =>
      setImmediate(() => {
        endedExchanges += 1;
        for (const watcher of watchers) watcher();
      }),
    ),
  );
  server.on("request", handler);
  if (options.checkContinue !== false) server.on("checkContinue", handler);
  if (options.over !== "http2") answerClientErrors(server as Server);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const clients = new Set<WireClient>();
  const dial = (): WireClient => {
    const client = new WireClient(port);
    clients.add(client);
    return client;
  };
  return {
    tree,
    locks,
    operations,
    port,
    log,
    async logged(entries) {
      while (log.length < entries) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async ended(exchanges) {
      while (endedExchanges < exchanges) {
        await new Promise<void>((resolve) => {
          const watcher = (): void => {
            watchers.delete(watcher);
            resolve();
          };
          watchers.add(watcher);
        });
      }
    },
    async ask(method, target, fields, content) {
      const client = dial();
      try {
        client.send(requestBytes(method, target, fields, content));
        return await client.response(method);
      } finally {
        client.socket.destroy();
        clients.delete(client);
      }
    },
    dial,
    async close() {
      for (const client of clients) client.socket.destroy();
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
      await handler.close();
    },
  };
}

function byName({ headers }: Credentials): { kind: "known"; principal: string } | { kind: "anonymous" } {
  const name = headers["x-test-principal"];
  return typeof name === "string" ? { kind: "known", principal: name } : { kind: "anonymous" };
}

/** Href and status of each response of a 207. */
export function memberStatuses(answer: WireResponse): Readonly<Record<string, number | undefined>> {
  if (answer.status !== 207) throw new Error(`no multistatus, but ${answer.status}: ${answer.body}`);
  const views = [...viewMultistatus(answer.body).values()];
  return Object.fromEntries(views.map(({ href, status }) => [href, status]));
}

/** Steps that wait until they are let go, for {@link slowTree}. */
export interface TestGate {
  /** As a slow tree wants it. */
  readonly pass: () => Promise<void>;
  /** How many steps have come to the gate. */
  readonly arrived: number;
  /** Resolves when `steps` have come in all. */
  reached(steps: number): Promise<void>;
  /** Lets the next steps go: so many, or all that ever come. */
  open(steps?: number): void;
}

export function testGate(): TestGate {
  let arrived = 0;
  let free = 0;
  const waiting: (() => void)[] = [];
  const watchers = new Set<() => void>();
  return {
    get arrived() {
      return arrived;
    },
    pass() {
      arrived += 1;
      for (const watcher of watchers) watcher();
      if (free > 0) {
        free -= 1;
        return Promise.resolve();
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    async reached(steps) {
      while (arrived < steps) {
        await new Promise<void>((resolve) => {
          const watcher = (): void => {
            watchers.delete(watcher);
            resolve();
          };
          watchers.add(watcher);
        });
      }
    },
    open(steps = Number.POSITIVE_INFINITY) {
      free += steps;
      while (free > 0) {
        const next = waiting.shift();
        if (next === undefined) return;
        free -= 1;
        next();
      }
    },
  };
}
