/** How quickly something goes on, by what was seen of it. */
interface Sample {
  readonly atMs: number;
  readonly done: number;
}

/** What is older says little of now. */
const windowMs = 10_000;
/** Of less, nothing can be said. */
const leastMs = 1_500;

/** The rate of the last seconds. */
export class Pace {
  #samples: Sample[] = [];

  /** @param done of members, or bytes; it never falls */
  add(done: number, atMs: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && done < last.done) this.#samples = [];
    this.#samples.push({ atMs, done });
    while (this.#samples.length > 2 && (this.#samples[1]?.atMs ?? 0) < atMs - windowMs) this.#samples.shift();
  }

  /** A second; undefined where it is not known. */
  get rate(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.atMs - first.atMs < leastMs) return undefined;
    return ((last.done - first.done) / (last.atMs - first.atMs)) * 1000;
  }

  /** Seconds until `total` is done; undefined where nobody knows. */
  left(total: number | undefined): number | undefined {
    const { rate } = this;
    const done = this.#samples.at(-1)?.done;
    if (total === undefined || rate === undefined || rate <= 0 || done === undefined) return undefined;
    return Math.max(0, total - done) / rate;
  }
}
