import type { Waiting } from "../send/waiting.ts";

/** A response's content, whose coming is watched: it is read as it is wanted, and fails once patience is over. */
export function watchedContent(
  content: ReadableStream<Uint8Array>,
  waiting: Waiting,
  failure: (cause: unknown) => unknown,
): ReadableStream<Uint8Array> {
  const reader = content.getReader();
  const { signal } = waiting;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const giveUp = (): void => {
          controller.error(signal.reason);
          // What broke off has nothing to cancel.
          reader.cancel(signal.reason).catch(() => undefined);
        };
        signal.addEventListener("abort", giveUp, { once: true });
        waiting.hold();
      },
      async pull(controller) {
        waiting.moved();
        try {
          const { done, value } = await reader.read();
          if (signal.aborted) return;
          if (done) {
            waiting.end();
            controller.close();
          } else {
            controller.enqueue(value);
            // Nobody has asked for more yet.
            waiting.hold();
          }
        } catch (error) {
          if (signal.aborted) return;
          waiting.end();
          controller.error(failure(error));
        }
      },
      async cancel(reason) {
        waiting.end();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
