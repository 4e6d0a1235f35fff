/** The end of an exchange, which comes once: with the final response handed over, or with the client gone. */

export interface Closing {
  readonly isClosed: boolean;
  readonly undelivered: boolean;
  /** Aborted when the exchange closes undelivered. */
  readonly signal: AbortSignal;
  close(delivered: boolean): void;
  /** Calls the listener at the end, whichever it is. */
  whenClosed(listener: () => void): void;
}

/** What an exchange knows of its end: its `closed` signal, made when it is first asked for, and whether the response was delivered. */
export function createClosing(): Closing {
  let state: "open" | "delivered" | "undelivered" = "open";
  // Made when it is first asked for: most exchanges end without anybody asking.
  let controller: AbortController | undefined;
  let listeners: (() => void)[] = [];
  return {
    get isClosed() {
      return state !== "open";
    },
    get undelivered() {
      return state === "undelivered";
    },
    get signal() {
      if (controller === undefined) {
        controller = new AbortController();
        if (state === "undelivered") controller.abort();
      }
      return controller.signal;
    },
    close(delivered) {
      if (state !== "open") return;
      state = delivered ? "delivered" : "undelivered";
      const told = listeners;
      listeners = [];
      for (const listener of told) listener();
      if (!delivered) controller?.abort();
    },
    whenClosed(listener) {
      if (state === "open") listeners.push(listener);
      else listener();
    },
  };
}
