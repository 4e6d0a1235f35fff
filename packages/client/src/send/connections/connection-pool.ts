import { Agent, type ClientRequest, type ClientRequestArgs } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Timers } from "../waiting.ts";
import { keepAliveMs } from "./http2-sessions.ts";

/** What a request tells the pool beside what node:http knows. */
export interface PooledRequestArgs extends ClientRequestArgs {
  /** Ends the opening of a connection that nobody waits for any more. */
  readonly dialSignal: AbortSignal;
}

export interface ConnectionPoolOptions {
  readonly idleMs: number;
  readonly timers: Timers;
  dial(signal: AbortSignal): Promise<Socket>;
}

/** The HTTP/1.1 connections to one origin. Idle ones do not keep the process alive. */
export class ConnectionPool extends Agent {
  readonly #options: ConnectionPoolOptions;
  /** Opened to find out what the server speaks, and not used yet. */
  readonly #opened: Socket[] = [];
  /** Idle connections: since when, and what ends their rest. */
  readonly #resting = new Map<Duplex, { readonly since: number; readonly wake: () => void }>();
  #closed = false;

  constructor(options: ConnectionPoolOptions) {
    // The timeout is that of idle connections; Node takes the server's `Keep-Alive: timeout=5` into account.
    super({
      keepAlive: true,
      keepAliveMsecs: keepAliveMs,
      maxSockets: Number.POSITIVE_INFINITY,
      maxFreeSockets: 64,
      timeout: options.idleMs,
    });
    this.#options = options;
  }

  /** Takes a connection over, for the next request. */
  add(socket: Socket): void {
    this.#opened.push(socket);
    socket.setTimeout(this.#options.idleMs);
    this.#rest(socket);
  }

  /**
   * Closes connections that have rested longer than that: the longer, the more likely it is that the server closes
   * one just when it is used again.
   */
  dropRested(longerThanMs: number): void {
    const now = this.#options.timers.now();
    for (const [socket, { since }] of this.#resting) if (now - since > longerThanMs) socket.destroy();
  }

  /** Closes what is idle now and what becomes idle; requests that run go on. */
  close(): void {
    this.#closed = true;
    for (const socket of this.#resting.keys()) socket.destroy();
  }

  override createConnection(
    options: ClientRequestArgs,
    done: (error: Error | null, socket?: Duplex) => void,
  ): undefined {
    const opened = this.#opened.pop();
    if (opened !== undefined) {
      this.#wake(opened);
      done(null, opened);
      return;
    }
    this.#options.dial((options as PooledRequestArgs).dialSignal).then(
      (socket) => done(null, socket),
      (error) => done(error),
    );
  }

  override keepSocketAlive(socket: Duplex): boolean {
    // Node's types have it return nothing.
    const kept = super.keepSocketAlive(socket) as boolean | undefined;
    if (this.#closed || kept === false) return false;
    this.#rest(socket as Socket);
    return true;
  }

  override reuseSocket(socket: Duplex, request: ClientRequest): void {
    this.#wake(socket);
    super.reuseSocket(socket, request);
  }

  #rest(socket: Socket): void {
    const destroy = (): void => {
      socket.destroy();
    };
    // RFC 9112 §9.2: of what comes without a request: "the client MUST NOT consider that data to be a valid
    // response".
    socket.on("data", destroy);
    socket.on("end", destroy);
    socket.on("error", destroy);
    socket.on("timeout", destroy);
    const wake = (): void => {
      this.#resting.delete(socket);
      socket.off("data", destroy);
      socket.off("end", destroy);
      socket.off("error", destroy);
      socket.off("timeout", destroy);
      socket.off("close", leave);
    };
    const leave = (): void => {
      wake();
      const at = this.#opened.indexOf(socket);
      if (at >= 0) this.#opened.splice(at, 1);
    };
    socket.once("close", leave);
    socket.unref();
    this.#resting.set(socket, { since: this.#options.timers.now(), wake });
  }

  #wake(socket: Duplex): void {
    this.#resting.get(socket)?.wake();
    // A request that runs waits as long as its own patience says.
    (socket as Socket).setTimeout(0);
    (socket as Socket).ref();
  }
}
