/**
 * News of which only the latest counts: a slow reader misses what came in between, a fast one waits. Several may read,
 * each in its own time.
 */
export class LatestNews<News> implements AsyncIterable<News> {
  readonly #read: () => News;
  #edition = 1;
  #ended = false;
  #readers = 0;
  #wake: () => void = () => undefined;
  #next: Promise<void> | undefined;

  /** @param read tells how things stand now */
  constructor(read: () => News) {
    this.#read = read;
  }

  /** Whether it is read now. */
  get isRead(): boolean {
    return this.#readers > 0;
  }

  changed(): void {
    this.#edition += 1;
    this.#call();
  }

  end(): void {
    this.#ended = true;
    this.#call();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<News, void, void> {
    let seen = 0;
    this.#readers += 1;
    try {
      for (;;) {
        if (seen < this.#edition) {
          seen = this.#edition;
          yield this.#read();
        } else if (this.#ended) return;
        else await this.#another();
      }
    } finally {
      this.#readers -= 1;
    }
  }

  #another(): Promise<void> {
    this.#next ??= new Promise((resolve) => {
      this.#wake = resolve;
    });
    return this.#next;
  }

  #call(): void {
    this.#next = undefined;
    this.#wake();
  }
}
