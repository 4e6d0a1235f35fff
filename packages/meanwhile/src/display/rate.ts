/** How quickly something grows. */

/** Milliseconds that are looked back on. */
const windowMs = 10_000;
/** Samples nearer to each other than this are one. */
const sampleMs = 250;

export interface Rate {
  note(done: number, nowMs: number): void;
  /** Per second, over the last ten; undefined until there is something to say. */
  perSecond(nowMs: number): number | undefined;
}

/** Makes a rate of the last seconds, from counts at times. */
export function createRate(): Rate {
  const samples: { readonly at: number; readonly done: number }[] = [];
  return {
    note(done, nowMs) {
      const [before, last] = samples.slice(-2);
      if (last !== undefined && before !== undefined && last.at - before.at < sampleMs) samples.pop();
      samples.push({ at: nowMs, done });
      // One that is older stays: the growth since then is known, as long as nothing newer tells more.
      while (samples.length > 2 && nowMs - (samples[1]?.at ?? 0) > windowMs) samples.shift();
    },
    perSecond(nowMs) {
      const first = samples[0];
      const last = samples.at(-1);
      if (first === undefined || last === undefined || last.at === first.at) return undefined;
      // What has not grown for a while slows down before the eyes.
      const end = Math.max(last.at, nowMs - sampleMs * 8);
      return ((last.done - first.done) * 1000) / (end - first.at);
    },
  };
}
