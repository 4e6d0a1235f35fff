/** What one who waits for an operation is told first: its outcome, that it goes on, or that the process stops. */
import type { Operation, Operations, Outcome } from "@meanwhile/operations";
import { whenAborted, whenEnded } from "./listeners.ts";

/** What came first. */
export type FirstAnswer =
  | { readonly kind: "outcome"; readonly outcome: Outcome }
  /** The client has left. */
  | { readonly kind: "left" }
  /** The client would not wait longer; the operation goes on, and is recorded. */
  | { readonly kind: "accepted" }
  /** The process ends before the operation does. `isKept`: it is recorded, and can be asked for later. */
  | { readonly kind: "stopping"; readonly isKept: boolean };

export interface Patience {
  /** Aborted when the client leaves; undefined: the outcome is waited for all the same. */
  readonly closed: AbortSignal | undefined;
  /** Until it is "accepted", in milliseconds; undefined: never. */
  readonly waitMs: number | undefined;
}

/**
 * Waits for the operation. A client that is told something else than the outcome may come back for it: then the operation is
 * kept, and told of once it is recorded. Where it could not be recorded, the outcome is waited for.
 */
export function firstAnswer(
  operations: Operations,
  operation: Operation,
  { closed, waitMs }: Patience,
): Promise<FirstAnswer> {
  return firstOf<FirstAnswer>(
    (tell) => whenEnded(operation, (outcome) => tell({ kind: "outcome", outcome })),
    closed && ((tell) => whenAborted(closed, () => tell({ kind: "left" }))),
    waitMs === undefined
      ? undefined
      : (tell) =>
          operations.after(waitMs, () => {
            void operations.keep(operation).then((isKept) => isKept && tell({ kind: "accepted" }));
          }),
    (tell) =>
      whenAborted(operations.abandoned, () => {
        void operations.keep(operation).then((isKept) => tell({ kind: "stopping", isKept }));
      }),
  );
}

/** Begins to wait for one thing. @returns gives it up */
export type Wait<T> = (tell: (value: T) => void) => () => void;

/** Waits for several things at once. Resolves with what is told first; the others are given up, or not begun. */
export function firstOf<T>(...waits: readonly (Wait<T> | undefined)[]): Promise<T> {
  return new Promise((resolve) => {
    const begun: (() => void)[] = [];
    let isTold = false;
    const tell = (value: T): void => {
      isTold = true;
      for (const giveUp of begun.splice(0)) giveUp();
      resolve(value);
    };
    for (const wait of waits) {
      const giveUp = wait?.(tell);
      if (giveUp === undefined) continue;
      if (isTold) giveUp();
      else begun.push(giveUp);
    }
  });
}
