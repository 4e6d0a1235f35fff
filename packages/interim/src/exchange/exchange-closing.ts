/** The end of an exchange, which comes once: with the final response handed over, or with the client gone. */

/** The part of an exchange that knows of its end: see `closed`, `undelivered` and `whenUndelivered` of `Exchange`. */
export class Closing {
  #state: "open" | "delivered" | "undelivered" = "open";
  /** Most exchanges end without anybody asking. */
  #controller: AbortController | undefined;
  #listeners: (() => void)[] | undefined;

  /** Whether it has ended, with its final response handed over or without. */
  protected get isClosed(): boolean {
    return this.#state !== "open";
  }

  get undelivered(): boolean {
    return this.#state === "undelivered";
  }

  get closed(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#state === "undelivered") this.#controller.abort();
    }
    return this.#controller.signal;
  }

  protected close(delivered: boolean): void {
    if (this.#state !== "open") return;
    this.#state = delivered ? "delivered" : "undelivered";
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (delivered) return;
    for (const listener of listeners ?? []) listener();
    this.#controller?.abort();
  }

  whenUndelivered(listener: () => void): void {
    if (this.#state === "undelivered") listener();
    else if (this.#state === "open") {
      this.#listeners ??= [];
      this.#listeners.push(listener);
    }
  }
}
