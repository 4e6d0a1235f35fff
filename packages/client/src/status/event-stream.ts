/** Server-sent events (WHATWG HTML, "Server-sent events"), read from the content of a response. */
import { createParser } from "eventsource-parser";
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

/** The longest time to stay away that is believed, in milliseconds. */
const longestRetryMs = 999_999_999;

/** Finds events in text that comes in pieces, cut anywhere. */
export class EventParser {
  /** After how many milliseconds to come back when the stream was lost, once it has said so. */
  retryMs: number | undefined;
  #id = "";
  #found: ServerEvent[] = [];
  #isTooLong = false;
  readonly #parser = createParser({
    maxBufferSize: longestEvent,
    onEvent: ({ event = "message", id = this.#id, data }) => {
      this.#id = id;
      this.#found.push({ event, id, data });
    },
    onRetry: (ms) => {
      if (ms <= longestRetryMs) this.retryMs = ms;
    },
    // All else that it complains of is to be ignored.
    onError: ({ type }) => {
      if (type === "max-buffer-size-exceeded") this.#isTooLong = true;
    },
  });

  /**
   * @returns the events that are complete now; one without its empty line is none
   * @throws {ConnectionError} `malformed` for what is longer than {@link longestEvent}
   */
  feed(text: string): readonly ServerEvent[] {
    this.#parser.feed(text);
    if (this.#isTooLong) {
      throw new ConnectionError("malformed", `an event is longer than ${longestEvent} characters`, {
        mayHaveArrived: true,
      });
    }
    const events = this.#found;
    this.#found = [];
    return events;
  }
}

/**
 * All events as they come. Leaving the loop ends the response. A byte order mark at the start is skipped.
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
