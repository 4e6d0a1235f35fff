import { misuse } from "../error/misuse.ts";
import { outgoingContent } from "../send/outgoing.ts";
import type { RequestContent } from "../send/send.ts";
import { unlessStopped } from "../send/waiting.ts";

/** 512 MiB. */
export const defaultLargestContentBytes: number = 512 * 1024 * 1024;

/** Pieces are handed to the browser, which may put them on disk, in Blobs of about this size. */
const partBytes = 8 * 1024 * 1024;

/**
 * Content as fetch takes it, with its whole length known: a Blob or bytes as they are, anything else gathered into a Blob.
 * It has no type, so that the request has only the Content-Type that it says itself.
 *
 * @param largest bytes that are gathered
 * @throws {TypeError} `ERR_CONTENT_TOO_LARGE`, `ERR_CONTENT_LENGTH` where it is not as long as it said, `ERR_REQUEST_CONTENT`;
 *   the signal's reason; and what the content throws
 */
export async function wholeContent(
  content: RequestContent,
  largest: number,
  signal: AbortSignal,
): Promise<Blob | Uint8Array<ArrayBuffer>> {
  if (typeof content === "string") return new TextEncoder().encode(content);
  if (content instanceof Uint8Array) return new Uint8Array(content);
  if (content instanceof Blob) return content.slice(0, content.size, "");
  const { length, open } = outgoingContent(content);
  if (length !== undefined && length > largest) throw tooLarge(largest);
  signal.throwIfAborted();
  const whole = await gather(open(), length, largest, signal);
  if (length !== undefined && whole.size !== length) throw wrongLength(length, `${whole.size} came`);
  return whole;
}

async function gather(
  pieces: AsyncIterable<Uint8Array>,
  length: number | undefined,
  largest: number,
  signal: AbortSignal,
): Promise<Blob> {
  const source = pieces[Symbol.asyncIterator]();
  const parts: Blob[] = [];
  let open: Uint8Array<ArrayBuffer>[] = [];
  let openBytes = 0;
  let bytes = 0;
  let finished = false;
  try {
    for (;;) {
      const step = await unlessStopped(source.next(), signal);
      signal.throwIfAborted();
      if (step === undefined || step.done === true) break;
      const { value } = step;
      if (!(value instanceof Uint8Array)) {
        throw misuse("ERR_REQUEST_CONTENT", "content consists of Uint8Arrays");
      }
      bytes += value.byteLength;
      if (length !== undefined && bytes > length) throw wrongLength(length, `${bytes} came, and more`);
      if (bytes > largest) throw tooLarge(largest);
      // Its maker may use the memory again.
      open.push(new Uint8Array(value));
      openBytes += value.byteLength;
      if (openBytes >= partBytes) {
        parts.push(new Blob(open));
        open = [];
        openBytes = 0;
      }
    }
    finished = true;
    return new Blob([...parts, ...open]);
  } finally {
    // It may have a file to close. It does not have to, and it is not waited for.
    if (!finished) source.return?.().then(undefined, () => undefined);
  }
}

function tooLarge(largest: number): TypeError {
  return misuse(
    "ERR_CONTENT_TOO_LARGE",
    `content that is no Blob is gathered before it is sent, and this is longer than ${largest} bytes: give a File or a Blob`,
  );
}

function wrongLength(said: number, came: string): TypeError {
  return misuse("ERR_CONTENT_LENGTH", `the content was to have ${said} bytes, but ${came}`);
}
