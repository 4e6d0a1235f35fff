/** One origin, by one way: what it speaks, and the connections to it. */
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { realTimers, type Timers } from "../waiting.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { type ApplicationProtocol, dial, type TlsOptions } from "./dial.ts";
import { Http2Sessions, type StreamPlace } from "./http2-sessions.ts";
import type { Route } from "./route.ts";

/** How a requester reaches the network. */
export interface RequesterOptions {
  /**
   * True: HTTP/2 where an https server speaks it (ALPN), else HTTP/1.1. False: HTTP/1.1. "prior-knowledge": HTTP/2,
   * also without TLS (RFC 9113 §3.3). Default: true.
   */
  readonly http2?: boolean | "prior-knowledge";
  readonly tls?: TlsOptions;
  /** The proxy for all requests; false: none. Default: as the environment says, see `proxyFor`. */
  readonly proxy?: string | URL | false;
  /** Where `http_proxy`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` are looked up. Default: `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /**
   * How long a connection that nobody uses is kept, in milliseconds; less where the server says so. Default: 15,000.
   */
  readonly idleConnectionMs?: number;
  /**
   * How long `100 Continue` is waited for before the content is sent all the same (RFC 9110 §10.1.1). Default: 1,000.
   */
  readonly continueWaitMs?: number;
  /** The largest head of a response, interim or final, in bytes. Default: 32 KiB. */
  readonly largestHeadBytes?: number;
  readonly timers?: Timers;
}

export type Connection =
  | { readonly protocol: "http/1.1"; readonly pool: ConnectionPool }
  | { readonly protocol: "h2"; readonly place: StreamPlace };

/** Connecting that several requests wait for; it ends when none does. */
interface Connecting {
  readonly done: Promise<void>;
  readonly controller: AbortController;
  waiting: number;
}

/** What is known of one origin: its connections, and whether it speaks HTTP/2. */
export class Origin {
  readonly route: Route;
  readonly #options: RequesterOptions;
  readonly #pool: ConnectionPool;
  readonly #sessions: Http2Sessions;
  /** What it spoke when it was asked last; "unknown" where it was not. */
  #protocol: ApplicationProtocol | "unknown";
  #connecting: Connecting | undefined;

  constructor(route: Route, options: RequesterOptions) {
    this.route = route;
    this.#options = options;
    const { http2 = true, tls = {}, idleConnectionMs = 15_000, timers = realTimers } = options;
    // A proxy for http gets whole requests, and speaks HTTP/1.1.
    if (route.proxy !== undefined && !route.secure) this.#protocol = "http/1.1";
    else if (http2 === "prior-knowledge") this.#protocol = "h2";
    else this.#protocol = http2 && route.secure ? "unknown" : "http/1.1";
    this.#sessions = new Http2Sessions(idleConnectionMs, timers);
    this.#pool = new ConnectionPool({
      idleMs: idleConnectionMs,
      timers,
      dial: (signal) => dial(route, tls, ["http/1.1"], signal),
    });
  }

  /**
   * A connection for one request. Over HTTP/1.1 the pool opens it when it is needed.
   *
   * @throws {ConnectionError} or the signal's reason
   */
  async connection(signal: AbortSignal): Promise<Connection> {
    for (;;) {
      if (this.#protocol === "http/1.1") return { protocol: "http/1.1", pool: this.#pool };
      const place = this.#sessions.take();
      if (place !== undefined) return { protocol: "h2", place };
      await this.#connected(signal);
    }
  }

  /** It said so (RFC 9113 §7, HTTP_1_1_REQUIRED). */
  useHttp1(): void {
    this.#protocol = "http/1.1";
  }

  /** One connection was found to be dead: so may be those that rested beside it. */
  dropIdle(): void {
    this.#pool.dropRested(-1);
  }

  close(): void {
    this.#pool.close();
    this.#sessions.close();
  }

  async #connected(signal: AbortSignal): Promise<void> {
    this.#connecting ??= this.#startConnecting();
    const connecting = this.#connecting;
    connecting.waiting += 1;
    let leave = (): void => {};
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(signal.reason);
    });
    signal.addEventListener("abort", leave, { once: true });
    if (signal.aborted) leave();
    try {
      await Promise.race([connecting.done, left]);
    } finally {
      signal.removeEventListener("abort", leave);
      connecting.waiting -= 1;
      if (connecting.waiting === 0) {
        // Who comes now starts afresh, instead of hearing why another one left.
        if (this.#connecting === connecting) this.#connecting = undefined;
        connecting.controller.abort(signal.reason);
      }
    }
  }

  #startConnecting(): Connecting {
    const controller = new AbortController();
    const done = this.#connect(controller.signal);
    // Where nobody waits any more, nobody is there to hear of a failure.
    done.catch(() => {});
    return { done, controller, waiting: 0 };
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const { http2 = true, tls = {}, largestHeadBytes = 32 * 1024 } = this.#options;
    const prior = http2 === "prior-knowledge";
    const socket = await dial(this.route, tls, prior ? ["h2"] : ["h2", "http/1.1"], signal);
    if (prior || spoken(socket) === "h2") {
      const { secure, host, port } = this.route;
      const authority = `${secure ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
      await this.#sessions.begin(socket, authority, { largestHeadBytes }, signal);
      this.#protocol = "h2";
    } else {
      this.#pool.add(socket);
      this.#protocol = "http/1.1";
    }
  }
}

/** RFC 7301: what both sides agreed on; without a word HTTP/1.1. */
function spoken(socket: Socket | TLSSocket): string | false | null {
  return "alpnProtocol" in socket ? socket.alpnProtocol : null;
}
