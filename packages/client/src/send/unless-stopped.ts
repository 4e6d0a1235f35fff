/**
 * What a promise resolves to; undefined as soon as the signal is aborted. It does what `Promise.race` does with a promise
 * that settles at the end only, which would keep whatever was raced against it until then.
 */
export function unlessStopped<Value>(work: Promise<Value>, stop: AbortSignal): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const onStop = (): void => resolve(undefined);
    const forget = (): void => stop.removeEventListener("abort", onStop);
    if (stop.aborted) onStop();
    else stop.addEventListener("abort", onStop, { once: true });
    work.then(
      (value) => {
        forget();
        resolve(value);
      },
      (error) => {
        forget();
        reject(error);
      },
    );
  });
}
