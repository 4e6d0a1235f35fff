/** Waiting for what comes once, by listeners that can be taken off again at no cost, however many there are. */
import type { Operation, Outcome } from "@meanwhile/operations";

const ends = new WeakMap<Operation, Set<(outcome: Outcome) => void>>();

/**
 * Calls the listener with the outcome, as `operation.ended` does, soon where it has ended already.
 * @returns takes the listener off again
 */
export function whenEnded(operation: Operation, listener: (outcome: Outcome) => void): () => void {
  const listeners = ends.get(operation) ?? new Set();
  if (!ends.has(operation)) {
    ends.set(operation, listeners);
    void operation.ended.then((outcome) => {
      ends.delete(operation);
      for (const told of [...listeners]) told(outcome);
      listeners.clear();
    });
  }
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const aborts = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls the listener when the signal is aborted, at once where it is. An AbortSignal itself looks at all its listeners
 * whenever one comes or goes, which ten thousand waiting exchanges would feel.
 * @returns takes the listener off again
 */
export function whenAborted(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) {
    listener();
    return () => undefined;
  }
  const listeners = aborts.get(signal) ?? new Set();
  if (!aborts.has(signal)) {
    aborts.set(signal, listeners);
    signal.addEventListener(
      "abort",
      () => {
        aborts.delete(signal);
        for (const told of [...listeners]) told();
        listeners.clear();
      },
      { once: true },
    );
  }
  listeners.add(listener);
  return () => listeners.delete(listener);
}
