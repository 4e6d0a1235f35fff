/** Reads HTTP/1.1 responses (RFC 9112) byte for byte, with their interim responses, which HTTP libraries hide. */
import type { Socket } from "node:net";

/** The head of one response, interim or final. */
export interface ReadHead {
  readonly status: number;
  readonly reason: string;
  /** Its bytes, with the empty line that ends it. */
  readonly bytes: number;
  /** Field lines as they came, names in lower case; several lines as several pairs. */
  readonly fields: readonly FieldPair[];
}

export type FieldPair = readonly [name: string, value: string];

/** The value of a field, several lines joined by ", "; undefined where there is none. */
export function fieldOf({ fields }: Pick<ReadHead, "fields">, name: string): string | undefined {
  const values = fields.filter(([has]) => has === name.toLowerCase()).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(", ");
}

/** The content of a response, taken out of its chunks. */
export interface ReadContent {
  readonly content: Buffer;
  readonly trailers: readonly FieldPair[];
}

/** The connection ended, or was reset, before the response was whole. */
export class BrokenOffError extends Error {
  override readonly name = "BrokenOffError";
}

/** What comes on a connection, in order. */
export class Http1Reader {
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    socket.on("data", (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    socket.on("end", end).on("close", end).on("error", end);
  }

  /** The next head. @throws {BrokenOffError} */
  async head(): Promise<ReadHead> {
    const text = await this.#line("\r\n\r\n");
    const [statusLine = "", ...lines] = text.split("\r\n");
    const [, status, reason = ""] = /^HTTP\/1\.1 (\d{3})(?: (.*)|$)/.exec(statusLine) ?? [];
    return { status: Number(status), reason, bytes: text.length + 4, fields: lines.map(pair) };
  }

  /**
   * The content that belongs to a head.
   * @param method of its request: HEAD has none
   * @throws {BrokenOffError}
   */
  async content(head: ReadHead, method: string): Promise<ReadContent> {
    if (method === "HEAD" || head.status === 204 || head.status === 304) {
      return { content: Buffer.alloc(0), trailers: [] };
    }
    if (fieldOf(head, "transfer-encoding") === "chunked") return this.#chunks();
    const length = fieldOf(head, "content-length");
    const end = await this.#until(() => {
      if (length === undefined) return this.#ended ? this.#received.length : undefined;
      return this.#received.length >= Number(length) ? Number(length) : undefined;
    });
    return { content: this.#take(end), trailers: [] };
  }

  async #chunks(): Promise<ReadContent> {
    const chunks: Buffer[] = [];
    for (;;) {
      const size = Number.parseInt(await this.#line("\r\n"), 16);
      if (size === 0) break;
      await this.#until(() => (this.#received.length >= size + 2 ? size : undefined));
      chunks.push(this.#take(size));
      this.#take(2);
    }
    const trailers: FieldPair[] = [];
    for (let line = await this.#line("\r\n"); line !== ""; line = await this.#line("\r\n")) {
      trailers.push(pair(line));
    }
    return { content: Buffer.concat(chunks), trailers };
  }

  async #line(mark: string): Promise<string> {
    const end = await this.#until(() => {
      const at = this.#received.indexOf(mark);
      return at === -1 ? undefined : at;
    });
    const line = this.#take(end).toString("latin1");
    this.#take(mark.length);
    return line;
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

function pair(line: string): FieldPair {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
