/** Tasks of which a few run at the same time. */
export class InFlight {
  readonly #most: number;
  readonly #running: Set<Promise<void>> = new Set();
  #failure: { readonly error: unknown } | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  /** Starts a task, once there is room for it. */
  async start(task: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#most) await Promise.race(this.#running);
    const running = task()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves once no task runs. */
  async landed(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Throws what the first task that failed threw. */
  rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
