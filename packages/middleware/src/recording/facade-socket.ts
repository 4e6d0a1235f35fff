/** What a handler's response takes for its socket: what is written goes to us, and it stays open when the client goes. */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { responseOn } from "@meanwhile/interim/internal";
import type { After } from "@meanwhile/operations";

export interface FacadeSink {
  /**
   * `done` is to be called when more may come; it is what holds back a fast handler. With an error the socket is
   * destroyed.
   */
  write(bytes: Buffer, done: (error?: Error) => void): void;
  /**
   * The handler broke its response off, with an error or without, or it was closed in peace.
   *
   * @param isAllGiven whether all bytes that were written have come to {@link write}
   * @param isEnded whether the socket itself was ended, which ends a response without a length
   */
  closed(error: Error | undefined, isAllGiven: boolean, isEnded: boolean): void;
}

/** A property of sockets that handlers, loggers and frameworks look at. */
const shown = [
  "remoteAddress",
  "remotePort",
  "remoteFamily",
  "localAddress",
  "localPort",
  "localFamily",
  "encrypted",
  "authorized",
  "authorizationError",
  "alpnProtocol",
  "servername",
  "readyState",
  "bytesRead",
  // Node's own; Next.js' API routes, for instance, find by it what belongs to the server.
  "server",
] as const;

/** Methods that change nothing of what is written. */
const passed = [
  "address",
  "getPeerCertificate",
  "getCertificate",
  "getCipher",
  "getProtocol",
  "getSession",
] as const;

/**
 * Node's HTTP server listens for these on a connection of its own, and so does this one: `error`, lest the process ends
 * by it; `timeout`, to tell the response; `close` and `drain`, see {@link attach}. `end` and `data` never come here.
 */
export class FacadeSocket extends Duplex {
  /** In milliseconds, as of node:net. */
  timeout: number | undefined;
  readonly #sink: FacadeSink;
  readonly #after: After;
  /** Bytes that the sink has, and that still count as not written. */
  #taken = 0;
  #ended = false;
  #cancelTimeout: () => void = () => undefined;

  /** @param socket the connection's own, for what it says of the client */
  constructor(socket: Socket, sink: FacadeSink, after: After) {
    super({ decodeStrings: true, emitClose: true });
    this.#sink = sink;
    this.#after = after;
    this.on("error", () => undefined);
    this.on("timeout", () => responseOn(this)?.emit("timeout", this));
    for (const name of shown) {
      // As they are now: a socket that is closed no longer knows them, and one of HTTP/2 throws then.
      Object.defineProperty(this, name, { value: Reflect.get(socket, name), configurable: true });
    }
    for (const name of passed) {
      const method: unknown = Reflect.get(socket, name);
      if (typeof method === "function") Object.defineProperty(this, name, { value: method.bind(socket) });
    }
  }

  /** Calls back when nothing was written for so long. Where nobody listens, nothing happens: the response goes on. */
  setTimeout(ms: number, callback?: () => void): this {
    this.timeout = ms;
    if (callback) {
      if (ms > 0) this.once("timeout", callback);
      else this.removeListener("timeout", callback);
    }
    this.#restartTimeout();
    return this;
  }

  /** As of node:net. */
  destroySoon(): void {
    this.end();
  }

  /** As of node:net. */
  resetAndDestroy(): this {
    return this.destroy();
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _read(): void {
    // Nothing ever comes.
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#restartTimeout();
    this.#taken = bytes.length;
    this.#sink.write(bytes, (error) => {
      this.#taken = 0;
      done(error);
    });
  }

  /** Its handler ended the socket: the client is not read from either. */
  override _final(done: () => void): void {
    this.#ended = true;
    done();
    process.nextTick(() => this.destroy());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#cancelTimeout();
    this.#sink.closed(error ?? undefined, this.writableLength <= this.#taken, this.#ended);
    done(error);
  }

  #restartTimeout(): void {
    const { timeout = 0 } = this;
    this.#cancelTimeout();
    if (timeout > 0 && !this.destroyed)
      this.#cancelTimeout = this.#after(timeout, () => this.emit("timeout"));
  }
}
