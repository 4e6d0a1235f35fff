/** A client on a raw socket: it sends exactly the bytes that it is told to, and reads interim and final responses. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { fieldOf, Http1Reader, type ReadHead } from "../../../../interim/src/testing/http1-reader.ts";

/** The head of one response, interim or final. */
export interface WireHead extends ReadHead {
  /** The value of a field, several lines joined by ", "; undefined where there is none. */
  field(name: string): string | undefined;
}

export interface WireResponse extends WireHead {
  readonly interims: readonly WireHead[];
  readonly body: string;
}

export class WireClient {
  readonly socket: Socket;
  readonly #reader: Http1Reader;

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.#reader = new Http1Reader(this.socket);
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Closes the connection without a word, and waits until that is done. */
  async leave(): Promise<void> {
    if (this.socket.destroyed) return;
    const closed = once(this.socket, "close");
    this.socket.destroy();
    await closed;
  }

  /** The next head, be it of an interim or a final response. @throws {BrokenOffError} */
  async head(): Promise<WireHead> {
    const head = await this.#reader.head();
    return { ...head, field: (name) => fieldOf(head, name) };
  }

  /** Reads on to the end of the next final response. @throws {BrokenOffError} */
  async response(method = "GET"): Promise<WireResponse> {
    const interims: WireHead[] = [];
    let head = await this.head();
    while (head.status < 200) {
      interims.push(head);
      head = await this.head();
    }
    const { content } = await this.#reader.content(head, method);
    return { ...head, interims, body: content.toString() };
  }

  /** Resolves when the server has closed the connection. */
  async closed(): Promise<void> {
    if (!this.socket.destroyed) await once(this.socket, "close");
  }
}

/** A request as it stands on the wire. `Host` is added where the fields have none, and the content's length. */
export function requestBytes(
  method: string,
  target: string,
  fields: Readonly<Record<string, string>> = {},
  content?: string | Uint8Array,
): Buffer {
  const all: Record<string, string> = { Host: "files.example", ...fields };
  if (content !== undefined) all["Content-Length"] ??= String(Buffer.byteLength(content));
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1");
  return Buffer.concat([head, Buffer.from(content ?? "")]);
}
