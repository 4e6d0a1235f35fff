/** Ctrl-C and SIGTERM while a command runs. */
import type { FailureCode } from "../../exit-status.ts";
import type { Terminal } from "../../terminal.ts";

/** The command was told to stop. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";
  readonly exitCode: FailureCode;

  constructor(signal: NodeJS.Signals) {
    super("stopped");
    this.exitCode = stopCode(signal);
  }
}

export type StopListener = (signal: NodeJS.Signals) => void;

export interface Stops {
  /** Aborted at the first stop with a {@link StoppedError}, unless somebody deals with stops. */
  readonly signal: AbortSignal;
  /** Has stops dealt with otherwise, until the returned function is called. */
  dealWith(listener: StopListener): () => void;
  /** Hears no more of them. */
  forget(): void;
}

/** 128 and the number of the signal, as shells have it. */
export function stopCode(signal: NodeJS.Signals): 130 | 143 {
  return signal === "SIGINT" ? 130 : 143;
}

/** Hears Ctrl-C and SIGTERM: the first leaves, the second cancels. */
export function hearStops(terminal: Terminal): Stops {
  const controller = new AbortController();
  const listeners: StopListener[] = [];
  const forget = terminal.onStop((signal) => {
    const listener = listeners.at(-1);
    if (listener !== undefined) return listener(signal);
    // The second time whatever hinders the end is not waited for.
    if (controller.signal.aborted) return terminal.exit(stopCode(signal));
    controller.abort(new StoppedError(signal));
  });
  return {
    signal: controller.signal,
    dealWith(listener) {
      listeners.push(listener);
      return () => {
        const index = listeners.indexOf(listener);
        if (index !== -1) listeners.splice(index, 1);
      };
    },
    forget,
  };
}
