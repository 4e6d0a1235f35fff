/** Things that come and go one by one, with every request: kept in their order, and no `Set` (decision 0170). */
export class Ring<T extends object> {
  readonly #end: Link<T> = new Link<T>(undefined);

  /** Whether nothing is in it. */
  get isEmpty(): boolean {
    return this.#end.next === this.#end;
  }

  /** What came first of those that are here. */
  get first(): T | undefined {
    return this.#end.next.thing;
  }

  takeFirst(): void {
    this.#end.next.leave();
  }

  /** Takes all out. What is added from now on stays. */
  takeAll(): readonly T[] {
    const all: T[] = [];
    for (let { first } = this; first !== undefined; first = this.first) {
      all.push(first);
      this.takeFirst();
    }
    return all;
  }

  /** @returns takes it out again; may be called twice */
  add(thing: T): () => void {
    const link = new Link<T>(thing);
    link.enter(this.#end);
    return () => link.leave();
  }
}

class Link<T> {
  /** undefined: the end. */
  readonly thing: T | undefined;
  next: Link<T> = this;
  #before: Link<T> = this;

  constructor(thing: T | undefined) {
    this.thing = thing;
  }

  enter(end: Link<T>): void {
    this.#before = end.#before;
    this.next = end;
    end.#before.next = this;
    end.#before = this;
  }

  leave(): void {
    this.#before.next = this.next;
    this.next.#before = this.#before;
    this.#before = this;
    this.next = this;
  }
}
