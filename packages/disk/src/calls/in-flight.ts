/** How many tasks may run beside those that wait for them; shared by all who start some. */
export interface Room {
  free: number;
}

/** Tasks that run side by side while there is room for them. For the rest the one who starts them waits. */
export class InFlight {
  readonly #room: Room;
  readonly #running: Set<Promise<void>> = new Set();
  #failure: { readonly error: unknown } | undefined;

  constructor(room: Room) {
    this.#room = room;
  }

  /**
   * Starts a task; where there is no room for another, resolves only once it has ended. So a task may start others.
   * @throws what a task that was started before has thrown
   */
  async start(task: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#room.free <= 0) return task();
    this.#room.free -= 1;
    const running = task()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#room.free += 1;
        this.#running.delete(running);
      });
    this.#running.add(running);
  }

  /** Resolves once no task runs. */
  async landed(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** Throws what the first task that failed threw. */
  rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
