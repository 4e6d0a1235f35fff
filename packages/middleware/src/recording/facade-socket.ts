/** What a handler's response takes for its socket: what is written goes to us, and it stays open when the client goes. */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";

export interface FacadeSink {
  /** `done` is to be called when more may come; it is what holds back a fast handler. */
  write(bytes: Buffer, done: () => void): void;
  /** The handler broke its response off, or it was closed in peace. */
  closed(): void;
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

export class FacadeSocket extends Duplex {
  /** The response that writes here, as node:http wants to see it. */
  _httpMessage: unknown = null;
  readonly #sink: FacadeSink;

  /** @param socket the connection's own, for what it says of the client */
  constructor(socket: Socket, sink: FacadeSink) {
    super({ decodeStrings: true, emitClose: true });
    this.#sink = sink;
    for (const name of shown) {
      // As they are now: a socket that is closed no longer knows them, and one of HTTP/2 throws then.
      Object.defineProperty(this, name, { value: Reflect.get(socket, name), configurable: true });
    }
    for (const name of passed) {
      const method: unknown = Reflect.get(socket, name);
      if (typeof method === "function") Object.defineProperty(this, name, { value: method.bind(socket) });
    }
  }

  /** Deadlines of the connection are not this response's. */
  setTimeout(): this {
    return this;
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

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#sink.write(bytes, done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#sink.closed();
    done(error);
  }
}
