/**
 * Reads what node:http writes for a response back into head, content and trailers. A handler can write to the socket
 * past node:http: what is no response by RFC 9112 is an error. Each turn takes bytes, or ends.
 */

export type FieldLine = readonly [name: string, value: string];

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  /** As written, in their order. */
  readonly fields: readonly FieldLine[];
}

export interface ResponseEvents {
  /** @returns whether it is the final one; else another one follows */
  head(head: ResponseHead): boolean;
  content(chunk: Buffer): void;
  trailers(fields: readonly FieldLine[]): void;
}

type State = "head" | "content" | "size" | "chunk" | "chunk-end" | "trailers" | "over";

/** Longest head, chunk size and trailer line, in bytes. Node's own client takes 16 KiB of all of them together. */
const longestHead = 256 * 1024;
const longestLine = 64 * 1024;

/** What was written is not the rest of an HTTP/1.1 response. */
export class MalformedResponse extends Error {
  override readonly name = "MalformedResponse";
  readonly code = "ERR_MALFORMED_RESPONSE";

  constructor(part: string) {
    super(`a handler wrote bytes to the socket of its response that are not ${part} of HTTP/1.1`);
  }
}

/** Reads what Node's HTTP/1.1 response serialises: heads, content, trailers. What is malformed is an error. */
export class ResponseReader {
  readonly #events: ResponseEvents;
  #state: State = "head";
  #line: Buffer = Buffer.alloc(0);
  #left = 0;

  constructor(events: ResponseEvents) {
    this.#events = events;
  }

  /** Whether nothing is missing. @param isEnded whether the connection has ended, as one without a length ends */
  isWhole(isEnded: boolean): boolean {
    const isEndless = this.#state === "content" && this.#left === Number.POSITIVE_INFINITY;
    return this.#state === "over" || (isEnded && isEndless);
  }

  /** @throws {MalformedResponse} call it no more then */
  write(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0 && this.#state !== "over") rest = this.#take(rest);
  }

  #take(bytes: Buffer): Buffer {
    switch (this.#state) {
      case "content":
        return this.#counted(bytes, "over");
      case "chunk":
        return this.#counted(bytes, "chunk-end");
      case "head":
        return this.#until(bytes, "\r\n\r\n", longestHead, (text) => this.#head(text));
      case "chunk-end":
        return this.#until(bytes, "\r\n", 0, () => {
          this.#state = "size";
        });
      case "size":
        return this.#until(bytes, "\r\n", longestLine, (text) => this.#size(text));
      case "trailers":
        return this.#trailers(bytes);
      case "over":
        return empty;
    }
  }

  #counted(bytes: Buffer, next: State): Buffer {
    const content = bytes.subarray(0, this.#left);
    this.#left -= content.length;
    if (this.#left === 0) this.#state = next;
    this.#events.content(content);
    return bytes.subarray(content.length);
  }

  /** RFC 9112 §7.1: chunk-size and, maybe, chunk extensions. */
  #size(text: string): void {
    const [, size] = /^([0-9A-Fa-f]{1,13})[ \t]*(?:;.*)?$/.exec(text) ?? [];
    if (size === undefined) throw new MalformedResponse("a chunk");
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? "trailers" : "chunk";
  }

  #head(text: string): void {
    const [statusLine = "", ...lines] = text.split("\r\n");
    const [, status, reason = ""] = /^HTTP\/1\.1 ([1-9]\d{2}) ?(.*)$/.exec(statusLine) ?? [];
    if (status === undefined || lines.some((line) => line.indexOf(":") < 1))
      throw new MalformedResponse("a head");
    const fields = lines.map(fieldLine);
    if (!this.#events.head({ status: Number(status), reason, fields })) return;
    const valueIn = (name: string): string | undefined =>
      fields.find(([has]) => has.toLowerCase() === name)?.[1];
    this.#state = /chunked\s*$/i.test(valueIn("transfer-encoding") ?? "") ? "size" : "content";
    if (this.#state === "size") return;
    // A client reads no more than that (RFC 9112 §6.2), and would take the rest for the next response.
    const length = valueIn("content-length") ?? "";
    this.#left = /^\d+$/.test(length) ? Number(length) : Number.POSITIVE_INFINITY;
    if (this.#left === 0) this.#state = "over";
  }

  #trailers(bytes: Buffer): Buffer {
    return this.#until(bytes, "\r\n", longestLine, (text) => {
      if (text !== "" && text.indexOf(":") < 1) throw new MalformedResponse("a trailer");
      if (text === "") this.#state = "over";
      else this.#events.trailers([fieldLine(text)]);
    });
  }

  /** Gathers up to the end mark, which may come in pieces, and at most `longest` bytes before it. */
  #until(bytes: Buffer, mark: string, longest: number, found: (text: string) => void): Buffer {
    const before = this.#line.length;
    const line = before === 0 ? bytes : Buffer.concat([this.#line, bytes]);
    const at = line.indexOf(mark);
    if (at > longest || (at === -1 && line.length >= longest + mark.length)) {
      throw new MalformedResponse(this.#state === "head" ? "a head" : "a chunk");
    }
    if (at === -1) {
      this.#line = line;
      return empty;
    }
    this.#line = empty;
    found(line.toString("latin1", 0, at));
    return bytes.subarray(at + mark.length - before);
  }
}

const empty: Buffer = Buffer.alloc(0);

function fieldLine(line: string): FieldLine {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}
