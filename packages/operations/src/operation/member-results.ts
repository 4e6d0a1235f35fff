/** What became of the members that an operation worked on: the latest ones, bounded, failures apart. */

export interface MemberResult {
  readonly status: number;
  readonly uri: string;
}

/** A result with its number in the order in which results came, from 1 on. */
export interface NumberedResult extends MemberResult {
  readonly number: number;
}

/** Results of members, each numbered in the order in which they came, from 1 on. */
export interface MemberResults {
  /** The number of the latest result; 0 before the first. */
  readonly latest: number;
  /** How many failed in all, those no longer kept included. */
  readonly failures: number;
  /** What is kept of the results after number `after`: failures first, then successes, latest first in each. */
  since(after: number): readonly MemberResult[];
  /** The failures that are kept, in the order in which they came. */
  failed(): readonly MemberResult[];
  /** All that are kept with their numbers, in the order in which they came. */
  latestOnes(): readonly NumberedResult[];
}

/** How many are kept of each kind. An interim response has room for fewer. */
export const keptResults = { successes: 64, failures: 1000 } as const;

interface Numbered {
  readonly status: number;
  readonly uri: string | (() => string);
  readonly number: number;
}

/** The latest results of members, as many as are kept for those who follow, and how many failed in all. */
export class RecentResults implements MemberResults {
  #successes: Numbered[] = [];
  #failures: Numbered[] = [];
  #latest = 0;
  #failed = 0;

  get latest(): number {
    return this.#latest;
  }

  get failures(): number {
    return this.#failed;
  }

  add(status: number, uri: string | (() => string)): void {
    this.#latest += 1;
    const result = { status, uri, number: this.#latest };
    if (status < 400) {
      this.#successes.push(result);
      // Twice the room, then half of it at once: adding stays cheap.
      if (this.#successes.length >= 2 * keptResults.successes) {
        this.#successes = this.#successes.slice(-keptResults.successes);
      }
      return;
    }
    this.#failed += 1;
    if (this.#failures.length < keptResults.failures) this.#failures.push(result);
  }

  since(after: number): readonly MemberResult[] {
    const fresh = (results: readonly Numbered[]) => results.filter(({ number }) => number > after).reverse();
    return [...fresh(this.#failures), ...fresh(this.#successes)].map(shown);
  }

  failed(): readonly MemberResult[] {
    return this.#failures.map(shown);
  }

  latestOnes(): readonly NumberedResult[] {
    const all = [...this.#failures, ...this.#successes];
    return all
      .sort((one, other) => one.number - other.number)
      .map((one) => ({ number: one.number, ...shown(one) }));
  }
}

function shown({ status, uri }: Numbered): MemberResult {
  return { status, uri: typeof uri === "string" ? uri : uri() };
}
