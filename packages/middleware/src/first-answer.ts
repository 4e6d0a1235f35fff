/** What one who waits for an operation is told first: its outcome, that it goes on, or that the process stops. */
import type { Operation, Operations, Outcome } from "@meanwhile/operations";
import { whenAborted, whenEnded } from "./listeners.ts";

export interface PossibleAnswers<Answer> {
  readonly outcome: (outcome: Outcome) => Answer;
  /** What there is once the client has left; undefined: it is waited for all the same. */
  readonly left: { readonly closed: AbortSignal; readonly answer: Answer } | undefined;
  /** Until there is `accepted`, in milliseconds; undefined: never. */
  readonly waitMs: number | undefined;
  /** The operation goes on, and is recorded. Not asked for where it could not be. */
  readonly accepted: () => Answer;
  /** The process ends before the operation does. `isKept`: it is recorded, and can be asked for later. */
  readonly stopping: (isKept: boolean) => Answer;
}

/**
 * Whoever is told something else than the outcome may come back for it: then the operation is kept, and told of once it
 * is recorded. Where it could not be recorded, the outcome is waited for.
 */
export function firstAnswer<Answer>(
  operations: Operations,
  operation: Operation,
  answers: PossibleAnswers<Answer>,
): Promise<Answer> {
  const { left, waitMs } = answers;
  return new Promise((resolve) => {
    const waits: (() => void)[] = [];
    let isAnswered = false;
    const wait = (stop: () => void): void => {
      if (isAnswered) stop();
      else waits.push(stop);
    };
    const answer = (first: Answer): void => {
      isAnswered = true;
      for (const stop of waits.splice(0)) stop();
      resolve(first);
    };
    const kept = async (told: (isKept: boolean) => Answer | undefined): Promise<void> => {
      const first = told(await operations.keep(operation));
      if (!isAnswered && first !== undefined) answer(first);
    };
    wait(whenEnded(operation, (outcome) => answer(answers.outcome(outcome))));
    if (left) wait(whenAborted(left.closed, () => answer(left.answer)));
    if (waitMs !== undefined)
      wait(operations.after(waitMs, () => void kept((isKept) => (isKept ? answers.accepted() : undefined))));
    wait(whenAborted(operations.abandoned, () => void kept(answers.stopping)));
  });
}
