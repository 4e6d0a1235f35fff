/** Names in an order, of which nothing is kept but how many there were and a digest (twice FNV-1a), to know them again. */
export class Sequence {
  #length = 0;
  #one = 0x811c9dc5;
  #other = 0x1b873593;

  /** How many names were added. */
  get length(): number {
    return this.#length;
  }

  add(name: string): void {
    this.#length += 1;
    for (let at = 0; at <= name.length; at += 1) {
      // What follows the last one parts two names.
      const code = at < name.length ? name.charCodeAt(at) : 0x10000;
      this.#one = Math.imul(this.#one ^ code, 0x01000193);
      this.#other = Math.imul(this.#other ^ code, 0x85ebca6b);
    }
  }

  equals(other: Sequence): boolean {
    return this.#length === other.#length && this.#one === other.#one && this.#other === other.#other;
  }
}
