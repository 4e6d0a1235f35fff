/** SHA-256 of content that is read along the way, at any byte that it may have to go on from. */
import type { PositionedContent } from "./positioned-content.ts";

/** A SHA-256 that is made piece by piece. */
export interface RunningHash {
  update(bytes: Uint8Array): void;
  /** The same, so far, to go on with apart. */
  copy(): RunningHash;
  /** Ends it. */
  digest(): Uint8Array;
}

/** After so many bytes the hash so far is put aside, so that little has to be read again. */
const markBytes = 16 * 1024 * 1024;

/** The SHA-256 of content, of any part of its beginning. */
export class ContentHash {
  readonly #content: PositionedContent;
  readonly #marks: { readonly at: number; readonly hash: RunningHash }[];

  constructor(content: PositionedContent, newHash: () => RunningHash) {
    this.#content = content;
    this.#marks = [{ at: 0, hash: newHash() }];
  }

  /** The digest of the first `length` bytes: what is not known yet is read. */
  async digest(length: number): Promise<Uint8Array> {
    return (await this.#until(length)).digest();
  }

  /** The content from a byte on, of which the hash is made as it is read. */
  async *open(start: number): AsyncGenerator<Uint8Array, void, void> {
    const hash = await this.#until(start);
    yield* this.#hashed(hash, start);
  }

  async #until(end: number): Promise<RunningHash> {
    const { at, hash } = this.#marks.findLast((mark) => mark.at <= end) ?? this.#begin();
    const going = hash.copy();
    if (at === end) return going;
    let position = at;
    for await (const chunk of this.#hashed(going, at, end)) position += chunk.length;
    if (position !== end) throw new RangeError(`the content ends at byte ${position}, before ${end}`);
    return going;
  }

  async *#hashed(
    hash: RunningHash,
    start: number,
    end = Number.POSITIVE_INFINITY,
  ): AsyncGenerator<Uint8Array, void, void> {
    let at = start;
    let marked = start;
    for await (const chunk of this.#content.open(start)) {
      const piece = chunk.subarray(0, end - at);
      hash.update(piece);
      at += piece.length;
      if (at - marked >= markBytes || at === this.#content.length) {
        this.#mark(at, hash);
        marked = at;
      }
      yield piece;
      if (at >= end) return;
    }
  }

  #mark(at: number, hash: RunningHash): void {
    const after = this.#marks.findIndex((mark) => mark.at >= at);
    if (after === -1) this.#marks.push({ at, hash: hash.copy() });
    else if (this.#marks[after]?.at !== at) this.#marks.splice(after, 0, { at, hash: hash.copy() });
  }

  #begin(): { readonly at: number; readonly hash: RunningHash } {
    const [first] = this.#marks;
    if (first === undefined) throw new TypeError("there is always a beginning");
    return first;
  }
}
