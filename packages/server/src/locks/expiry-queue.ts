/** A priority queue by expiry: finds what expires first, and takes out or re-times anything, in O(log n). */
export class ExpiryQueue<Item> {
  readonly #heap: Entry<Item>[] = [];
  readonly #places = new Map<Item, number>();

  /** How many items are in it. */
  get size(): number {
    return this.#heap.length;
  }

  /** The item that expires first, if that is at or before `nowMs`. */
  expired(nowMs: number): Item | undefined {
    const first = this.#heap[0];
    return first !== undefined && first.expiresAtMs <= nowMs ? first.item : undefined;
  }

  /** Puts an item in, or changes when it expires. */
  set(item: Item, expiresAtMs: number): void {
    const place = this.#places.get(item) ?? this.#heap.length;
    this.#settle({ item, expiresAtMs }, place);
  }

  /** Takes an item out; does nothing where it is not in. */
  delete(item: Item): void {
    const place = this.#places.get(item);
    if (place === undefined) return;
    this.#places.delete(item);
    const last = this.#heap.pop();
    if (last !== undefined && place < this.#heap.length) this.#settle(last, place);
  }

  /** Puts an entry where it belongs, beginning at a place that is free. */
  #settle(entry: Entry<Item>, free: number): void {
    let place = free;
    for (let above = this.#above(place); above !== undefined; above = this.#above(place)) {
      if (above.entry.expiresAtMs <= entry.expiresAtMs) break;
      this.#put(above.entry, place);
      place = above.place;
    }
    for (let below = this.#below(place); below !== undefined; below = this.#below(place)) {
      if (below.entry.expiresAtMs >= entry.expiresAtMs) break;
      this.#put(below.entry, place);
      place = below.place;
    }
    this.#put(entry, place);
  }

  #above(place: number): Placed<Item> | undefined {
    if (place === 0) return undefined;
    return this.#at((place - 1) >> 1);
  }

  /** The earlier of the two below. */
  #below(place: number): Placed<Item> | undefined {
    const left = this.#at(2 * place + 1);
    const right = this.#at(2 * place + 2);
    if (left === undefined || right === undefined) return left;
    return right.entry.expiresAtMs < left.entry.expiresAtMs ? right : left;
  }

  #at(place: number): Placed<Item> | undefined {
    const entry = this.#heap[place];
    return entry === undefined ? undefined : { entry, place };
  }

  #put(entry: Entry<Item>, place: number): void {
    this.#heap[place] = entry;
    this.#places.set(entry.item, place);
  }
}

interface Entry<Item> {
  readonly item: Item;
  readonly expiresAtMs: number;
}

interface Placed<Item> {
  readonly entry: Entry<Item>;
  readonly place: number;
}
