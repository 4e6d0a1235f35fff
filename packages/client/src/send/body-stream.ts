import type { Readable } from "node:stream";

export interface BodyHooks {
  /** Aborted once patience is over; its reason is what the body fails with. */
  readonly signal: AbortSignal;
  moved(): void;
  /** Nobody reads: it is not the other side who holds up. */
  hold(): void;
  /** The reader wants no more. */
  abandon(): void;
  /** What the reader is told when the connection fails. */
  failure(error: unknown): unknown;
}

/** What is read ahead, in bytes. */
const aheadBytes = 64 * 1024;

/**
 * The content of a response as a standard stream, read as fast as it is taken, and no faster.
 *
 * @param source what is read: the decoded content
 * @param wire what comes from the connection
 * @param length bytes that the wire is to give; fewer are a failure
 */
export function bodyStream(
  source: Readable,
  wire: Readable,
  length: number | undefined,
  hooks: BodyHooks,
): ReadableStream<Uint8Array> {
  let over = false;
  let received = 0;
  const finish = (): boolean => {
    if (over) return false;
    over = true;
    return true;
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const fail = (error: unknown): void => {
          if (finish()) controller.error(error);
        };
        const lost = (error: unknown): void => fail(hooks.failure(error));
        if (hooks.signal.aborted) fail(hooks.signal.reason);
        hooks.signal.addEventListener("abort", () => fail(hooks.signal.reason), { once: true });
        wire.on("data", (chunk: Uint8Array) => {
          received += chunk.length;
          hooks.moved();
        });
        if (wire !== source) wire.on("error", lost);
        source.on("data", (chunk: Uint8Array) => {
          if (over) return;
          // A view of its own: what Node reads into is not shared on.
          controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
          if ((controller.desiredSize ?? 0) > 0) return;
          source.pause();
          hooks.hold();
        });
        source.on("end", () => {
          if (length !== undefined && received < length) {
            lost(new Error(`${received} of ${length} bytes came`));
          } else if (finish()) controller.close();
        });
        source.on("error", lost);
        source.on("close", () => lost(new Error("the content broke off")));
      },
      pull() {
        hooks.moved();
        source.resume();
      },
      cancel() {
        if (finish()) hooks.abandon();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: aheadBytes }),
  );
}
