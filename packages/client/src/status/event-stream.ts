/** Server-sent events (WHATWG HTML, "Server-sent events"), read from the content of a response. */
import { ConnectionError } from "../error/connection-error.ts";

export interface ServerEvent {
  /** "message" where the stream does not say. */
  readonly event: string;
  /** The last id that the stream told, "" if none: for `Last-Event-ID`. */
  readonly id: string;
  readonly data: string;
}

/** Most characters of one line, and of all data of one event. */
export const longestEvent: number = 4 * 1024 * 1024;

/** Finds events in text that comes in pieces, cut anywhere. */
export class EventParser {
  /** After how many milliseconds to come back when the stream was lost, once it has said so. */
  retryMs: number | undefined;
  #line = "";
  #afterReturn = false;
  #event = "";
  #data: string[] = [];
  #length = 0;
  #id = "";

  /**
   * @returns the events that are complete now; one without its empty line is none
   * @throws {ConnectionError} `malformed` for what is longer than {@link longestEvent}
   */
  feed(text: string): readonly ServerEvent[] {
    const events: ServerEvent[] = [];
    const ends = /[\r\n]/g;
    let from = 0;
    for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
      // CR LF is one line end, also where a piece ends between the two.
      const closesReturn = end[0] === "\n" && this.#afterReturn && end.index === from && this.#line === "";
      if (!closesReturn) {
        const event = this.#endLine(this.#line + text.slice(from, end.index));
        this.#line = "";
        if (event) events.push(event);
      }
      this.#afterReturn = end[0] === "\r";
      from = end.index + 1;
    }
    if (from < text.length) this.#afterReturn = false;
    this.#line += text.slice(from);
    this.#bound(this.#line.length);
    return events;
  }

  #endLine(line: string): ServerEvent | undefined {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    // A line that begins with a colon is a comment; so is a field that nobody knows.
    switch (name) {
      case "event":
        this.#event = value;
        break;
      case "data":
        this.#length += value.length + 1;
        this.#bound(this.#length);
        this.#data.push(value);
        break;
      case "id":
        if (!value.includes("\0")) this.#id = value;
        break;
      case "retry":
        if (/^\d{1,9}$/.test(value)) this.retryMs = Number(value);
        break;
    }
    return undefined;
  }

  #dispatch(): ServerEvent | undefined {
    const data = this.#data.join("\n");
    const event = this.#event === "" ? "message" : this.#event;
    const isEvent = this.#data.length > 0;
    this.#data = [];
    this.#event = "";
    this.#length = 0;
    return isEvent ? { event, id: this.#id, data } : undefined;
  }

  #bound(length: number): void {
    if (length <= longestEvent) return;
    throw new ConnectionError("malformed", `an event is longer than ${longestEvent} characters`, {
      mayHaveArrived: true,
    });
  }
}

/**
 * All events as they come. Whoever leaves the loop ends the response. A byte order mark at the start is skipped.
 *
 * @param onBytes called for whatever comes, comments too
 */
export async function* readEvents(
  content: ReadableStream<Uint8Array>,
  parser: EventParser = new EventParser(),
  onBytes: () => void = () => undefined,
): AsyncGenerator<ServerEvent, void, undefined> {
  const decoder = new TextDecoder();
  const reader = content.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      yield* parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    // One that broke has said so already.
    reader.cancel().catch(() => undefined);
  }
}
