/** The content of a request, and how it is sent. */
import type { Writable } from "node:stream";
import type { RequestContent } from "./send.ts";
import { unlessStopped } from "./waiting.ts";

/** Content of every kind, ready to be sent. */
export interface OutgoingContent {
  /** Bytes; undefined where not known. */
  readonly length: number | undefined;
  /** Whether it can be opened a second time. */
  readonly repeatable: boolean;
  /**
   * The content from its beginning. @throws {TypeError} `ERR_CONTENT_CONSUMED` where it can be read once only, and
   * was
   */
  open(): AsyncIterable<Uint8Array>;
}

/** @throws {TypeError} `ERR_REQUEST_CONTENT` for what is no content */
export function outgoingContent(content: RequestContent): OutgoingContent {
  if (typeof content === "string") return bytes(new TextEncoder().encode(content));
  if (content instanceof Uint8Array) return bytes(content);
  if (content instanceof Blob) {
    return { length: content.size, repeatable: true, open: () => content.stream() };
  }
  if (content instanceof ReadableStream) {
    return {
      length: undefined,
      repeatable: false,
      open: () => {
        if (content.locked) {
          throw misuse("ERR_CONTENT_CONSUMED", "a stream can be sent once, and this one was read already");
        }
        return content;
      },
    };
  }
  if (typeof content === "object" && content !== null && typeof content.open === "function") {
    const { length } = content;
    if (length !== undefined && !(Number.isSafeInteger(length) && length >= 0)) {
      throw misuse("ERR_REQUEST_CONTENT", "the length of content is a whole number of bytes");
    }
    return { length, repeatable: true, open: () => content.open(0) };
  }
  throw misuse(
    "ERR_REQUEST_CONTENT",
    "content is a string, a Uint8Array, a Blob, a ReadableStream, or has length and open()",
  );
}

function bytes(whole: Uint8Array): OutgoingContent {
  return {
    length: whole.length,
    repeatable: true,
    open: async function* () {
      yield whole;
    },
  };
}

function misuse(code: string, message: string): TypeError {
  return Object.assign(new TypeError(message), { code });
}

export interface FeedHooks {
  /** Aborted when no more is to be sent. */
  readonly stop: AbortSignal;
  /** The next bytes are not there yet: it is not the other side who holds up. */
  hold(): void;
  /** So many bytes in all have left. */
  sent(bytes: number): void;
}

/** Large content goes in pieces of this size, so that each that leaves is news. */
const pieceBytes = 64 * 1024;

/**
 * Writes content and ends the target; as fast as it is taken, and no faster. Stopped, it leaves the target as it is.
 *
 * @throws {TypeError} `ERR_CONTENT_LENGTH` where the content is not as long as it said; and what the content throws
 */
export async function feed(content: OutgoingContent, target: Writable, hooks: FeedHooks): Promise<void> {
  const { stop } = hooks;
  const { length } = content;
  let handed = 0;
  let left = 0;
  const source = content.open()[Symbol.asyncIterator]();
  let finished = false;
  try {
    while (!stop.aborted) {
      hooks.hold();
      const step = await unlessStopped(source.next(), stop);
      if (step === undefined || stop.aborted) return;
      if (step.done === true) {
        finished = true;
        break;
      }
      const chunk = step.value;
      if (!(chunk instanceof Uint8Array)) {
        throw Object.assign(new TypeError("content consists of Uint8Arrays"), {
          code: "ERR_REQUEST_CONTENT",
        });
      }
      handed += chunk.length;
      if (length !== undefined && handed > length) throw wrongLength(length, `${handed} came, and more`);
      for (let at = 0; at < chunk.length && !stop.aborted; at += pieceBytes) {
        const piece = chunk.subarray(at, at + pieceBytes);
        const ready = target.write(piece, (error) => {
          if (error) return;
          left += piece.length;
          if (!stop.aborted) hooks.sent(left);
        });
        if (!ready) await unlessStopped(drained(target), stop);
      }
    }
    if (stop.aborted) return;
    if (length !== undefined && handed < length) throw wrongLength(length, `${handed} came`);
    target.end();
  } finally {
    if (!finished) {
      // It may have a file to close. It does not have to, and it is not waited for.
      source.return?.().then(undefined, () => {});
    }
  }
}

/** Errors and the end of the target are dealt with by who has it: they stop the feeding. */
function drained(target: Writable): Promise<void> {
  return new Promise((resolve) => {
    target.once("drain", resolve);
  });
}

function wrongLength(said: number, came: string): TypeError {
  return Object.assign(new TypeError(`the content was to have ${said} bytes, but ${came}`), {
    code: "ERR_CONTENT_LENGTH",
  });
}
