/**
 * What has each of many names, in a form that costs little to carry between threads: a few numbers each, and the entity tags of
 * all of them as one text.
 */
import type { BigIntStats } from "node:fs";
import { getSystemErrorName } from "node:util";
import { tagBytes } from "../documents/resource.ts";

export interface ManyFacts {
  /** Of each name {@link numbersEach}: mode, size, and when it was modified, changed and made, in milliseconds. */
  readonly numbers: Float64Array;
  /** One after the other, with one quotation mark between two: it ends one and begins the next. */
  readonly tags: string;
}

/** What a look at one of the names found. */
export interface MemberFacts {
  readonly mode: number;
  readonly size: number;
  readonly modifiedMs: number;
  readonly changedMs: number;
  /** Not above 0 where the file system does not know. */
  readonly createdMs: number;
  /** What `entityTag` gives for a file. */
  readonly tag: string;
}

const numbersEach = 5;
/** A quotation mark, and 32 bytes in base64url. */
const tagLength = 44;
/** A byte more: with a multiple of three, what belongs to each begins at a character of its own. */
const tagBytesEach = 33;
const quotationMark = 0x22;

/** EIO, where a failure has no number. The mode of what is there is never negative. */
const unknownErrno = -5;

/** Gathers what was found of so many names. Of those that it is told nothing of, nothing is there. */
export class FactsGatherer {
  readonly #numbers: Float64Array;
  readonly #tags: Buffer;

  constructor(count: number) {
    this.#numbers = new Float64Array(count * numbersEach);
    this.#tags = Buffer.alloc(count * tagBytesEach);
  }

  found(at: number, stats: BigIntStats): void {
    const numbers = this.#numbers;
    const first = at * numbersEach;
    numbers[first] = Number(stats.mode);
    numbers[first + 1] = Number(stats.size);
    numbers[first + 2] = Number(stats.mtimeMs);
    numbers[first + 3] = Number(stats.ctimeMs);
    numbers[first + 4] = Number(stats.birthtimeMs);
    this.#tags.set(tagBytes(stats), at * tagBytesEach);
  }

  failed(at: number, error: NodeJS.ErrnoException): void {
    this.#numbers[at * numbersEach] = error.errno ?? unknownErrno;
  }

  all(): ManyFacts {
    const text = Buffer.from(`"${this.#tags.toString("base64url")}`, "latin1");
    // In place of the last characters of each, which tell of nothing but the byte more.
    for (let at = tagLength; at < text.length; at += tagLength) text[at] = quotationMark;
    return { numbers: this.#numbers, tags: text.toString("latin1") };
  }
}

/** What was found of one name: undefined where nothing has it, an error where that could not be told. */
export function factsAt({ numbers, tags }: ManyFacts, at: number): MemberFacts | Error | undefined {
  const first = at * numbersEach;
  const [mode = 0, size = 0] = [numbers[first], numbers[first + 1]];
  if (mode === 0) return undefined;
  if (mode < 0) {
    const code = getSystemErrorName(mode);
    return Object.assign(new Error(`${code}: lstat of a member`), { code });
  }
  return {
    mode,
    size,
    modifiedMs: numbers[first + 2] ?? 0,
    changedMs: numbers[first + 3] ?? 0,
    createdMs: numbers[first + 4] ?? 0,
    tag: tags.slice(at * tagLength, (at + 1) * tagLength + 1),
  };
}
