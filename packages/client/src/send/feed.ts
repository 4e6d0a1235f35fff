import type { Writable } from "node:stream";
import type { OutgoingContent } from "./content.ts";
import { unlessStopped } from "./unless-stopped.ts";

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
