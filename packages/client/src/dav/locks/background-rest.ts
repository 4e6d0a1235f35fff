/** Resolves after that many milliseconds without keeping a Node process alive; rejects with the signal's reason. */
export function backgroundRest(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const timer: unknown = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    const abort = (): void => {
      clearTimeout(timer as number);
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    // Browsers' timers are numbers.
    if (typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function")
      timer.unref();
  });
}
