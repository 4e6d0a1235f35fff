import type { RequestContent } from "./send.ts";

/** Content of every kind, ready to be sent. */
export interface OutgoingContent {
  /** Bytes; undefined where nobody knows. */
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
