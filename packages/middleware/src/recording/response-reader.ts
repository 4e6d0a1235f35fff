/** Reads what node:http writes for a response back into head, content and trailers. It trusts its writer. */

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

export class ResponseReader {
  readonly #events: ResponseEvents;
  #state: State = "head";
  #line: Buffer = Buffer.alloc(0);
  #left = 0;

  constructor(events: ResponseEvents) {
    this.#events = events;
  }

  write(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0 && this.#state !== "over") rest = this.#take(rest);
  }

  #take(bytes: Buffer): Buffer {
    switch (this.#state) {
      case "content":
        this.#events.content(bytes);
        return empty;
      case "chunk":
        return this.#chunk(bytes);
      case "head":
        return this.#until(bytes, "\r\n\r\n", (text) => this.#head(text));
      case "chunk-end":
        return this.#until(bytes, "\r\n", () => {
          this.#state = "size";
        });
      case "size":
        return this.#until(bytes, "\r\n", (text) => {
          this.#left = Number.parseInt(text, 16);
          this.#state = this.#left === 0 ? "trailers" : "chunk";
        });
      case "trailers":
        return this.#trailers(bytes);
      case "over":
        return empty;
    }
  }

  #chunk(bytes: Buffer): Buffer {
    const chunk = bytes.subarray(0, this.#left);
    this.#left -= chunk.length;
    if (this.#left === 0) this.#state = "chunk-end";
    this.#events.content(chunk);
    return bytes.subarray(chunk.length);
  }

  #head(text: string): void {
    const [statusLine = "", ...lines] = text.split("\r\n");
    const [, status = "0", reason = ""] = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(statusLine) ?? [];
    const fields = lines.map(fieldLine);
    if (!this.#events.head({ status: Number(status), reason, fields })) return;
    const chunked = fields.some(
      ([name, value]) => name.toLowerCase() === "transfer-encoding" && /chunked\s*$/i.test(value),
    );
    this.#state = chunked ? "size" : "content";
  }

  #trailers(bytes: Buffer): Buffer {
    return this.#until(bytes, "\r\n", (text) => {
      if (text === "") this.#state = "over";
      else this.#events.trailers([fieldLine(text)]);
    });
  }

  /** Gathers up to the end mark, which may come in pieces. */
  #until(bytes: Buffer, mark: string, found: (text: string) => void): Buffer {
    const before = this.#line.length;
    const line = before === 0 ? bytes : Buffer.concat([this.#line, bytes]);
    const at = line.indexOf(mark);
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
