/** Waiting for what comes once, by listeners that can be taken off again at no cost, however many there are. */
import type { Operation, Outcome } from "@meanwhile/operations";
import { Ring } from "./ring.ts";

const ends = new WeakMap<Operation, Ring<(outcome: Outcome) => void>>();

/**
 * Calls the listener with the outcome, as `operation.ended` does, soon where it has ended already.
 * @returns takes the listener off again
 */
export function whenEnded(operation: Operation, listener: (outcome: Outcome) => void): () => void {
  const known = ends.get(operation);
  if (known !== undefined) return known.add(listener);
  const listeners = new Ring<(outcome: Outcome) => void>();
  ends.set(operation, listeners);
  void operation.ended.then((outcome) => {
    ends.delete(operation);
    for (const told of listeners.takeAll()) told(outcome);
  });
  return listeners.add(listener);
}

const aborts = new WeakMap<AbortSignal, Ring<() => void>>();

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
  const known = aborts.get(signal);
  if (known !== undefined) return known.add(listener);
  const listeners = new Ring<() => void>();
  aborts.set(signal, listeners);
  signal.addEventListener(
    "abort",
    () => {
      aborts.delete(signal);
      for (const told of listeners.takeAll()) told();
    },
    { once: true },
  );
  return listeners.add(listener);
}
