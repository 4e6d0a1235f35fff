/** A client on a raw socket: it sends exactly the bytes that it is told to, and reads interim and final responses. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** The head of one response, interim or final. */
export interface WireHead {
  readonly status: number;
  /** Its bytes, with the empty line that ends it. */
  readonly bytes: number;
  /** Field lines as they came, names in lower case. */
  readonly lines: readonly (readonly [name: string, value: string])[];
  /** The value of a field, several lines joined by ", "; undefined where there is none. */
  field(name: string): string | undefined;
}

export interface WireResponse extends WireHead {
  readonly interims: readonly WireHead[];
  readonly body: string;
}

/** The connection ended, or was reset, before the response was whole. */
export class BrokenOffError extends Error {
  override readonly name = "BrokenOffError";
}

export class WireClient {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("data", (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    this.socket.on("end", end);
    this.socket.on("close", end);
    this.socket.on("error", end);
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

  /** The next head, be it of an interim or a final response. */
  async head(): Promise<WireHead> {
    const end = await this.#until(() => {
      const at = this.#received.indexOf("\r\n\r\n");
      return at === -1 ? undefined : at + 4;
    });
    const text = this.#take(end).toString("latin1");
    const [statusLine = "", ...rest] = text.slice(0, -4).split("\r\n");
    const lines = rest.map((line): readonly [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
    return {
      status: Number(/^HTTP\/1\.1 (\d{3})(?: |$)/.exec(statusLine)?.[1]),
      bytes: end,
      lines,
      field(name) {
        const values = lines.filter(([has]) => has === name.toLowerCase()).map(([, value]) => value);
        return values.length === 0 ? undefined : values.join(", ");
      },
    };
  }

  /** Reads on to the end of the next final response. */
  async response(method = "GET"): Promise<WireResponse> {
    const interims: WireHead[] = [];
    let head = await this.head();
    while (head.status < 200) {
      interims.push(head);
      head = await this.head();
    }
    const bodiless = method === "HEAD" || head.status === 204 || head.status === 304;
    return { ...head, interims, body: bodiless ? "" : (await this.#body(head)).toString() };
  }

  /** Resolves when the server has closed the connection. */
  async closed(): Promise<void> {
    if (!this.socket.destroyed) await once(this.socket, "close");
  }

  async #body(head: WireHead): Promise<Buffer> {
    if (head.field("transfer-encoding") === "chunked") return this.#chunks();
    const length = head.field("content-length");
    const end = await this.#until(() => {
      if (length === undefined) return this.#ended ? this.#received.length : undefined;
      return this.#received.length >= Number(length) ? Number(length) : undefined;
    });
    return this.#take(end);
  }

  async #chunks(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for (;;) {
      const end = await this.#until(() => {
        const at = this.#received.indexOf("\r\n");
        return at === -1 ? undefined : at + 2;
      });
      const size = Number.parseInt(this.#take(end).toString("latin1"), 16);
      await this.#until(() => (this.#received.length >= size + 2 ? size : undefined));
      chunks.push(this.#take(size));
      this.#take(2);
      if (size === 0) return Buffer.concat(chunks);
    }
  }

  #take(length: number): Buffer {
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return taken;
  }

  async #until(found: () => number | undefined): Promise<number> {
    for (;;) {
      const at = found();
      if (at !== undefined) return at;
      if (this.#ended)
        throw new BrokenOffError(`the connection ended after ${JSON.stringify(String(this.#received))}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
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
