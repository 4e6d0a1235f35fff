/**
 * Works through a queue, several at a time, until it is empty and nothing is under way; the work may put more into it.
 * Once `work` throws or the signal is aborted nothing more is begun; what is under way is waited for.
 */
export async function workThrough<Item>(
  queue: readonly Item[],
  atATime: number,
  signal: AbortSignal,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  let failure: { readonly cause: unknown } | undefined;
  let idle: (() => void)[] = [];
  let next = 0;
  let busy = 0;
  const wake = (): void => {
    const woken = idle;
    idle = [];
    for (const resolve of woken) resolve();
  };
  const worker = async (): Promise<void> => {
    for (;;) {
      if (failure !== undefined || signal.aborted) return wake();
      if (next < queue.length) {
        const item = queue[next] as Item;
        next += 1;
        busy += 1;
        try {
          await work(item);
        } catch (cause) {
          failure ??= { cause };
        }
        busy -= 1;
        wake();
      } else if (busy === 0) return;
      else await new Promise<void>((resolve) => idle.push(resolve));
    }
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  if (failure !== undefined) throw failure.cause;
  signal.throwIfAborted();
}
