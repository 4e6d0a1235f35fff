/** What one who waits for an operation is told first: its outcome, that it goes on, or that the process stops. */
import type { Operation, Operations, Outcome } from "@meanwhile/operations";
import { whenAborted, whenEnded } from "./listeners.ts";

export interface PossibleAnswers<Answer> {
  readonly outcome: (outcome: Outcome) => Answer;
  /** What there is once the client has left; undefined: it is waited for all the same. */
  readonly left: { readonly closed: AbortSignal; readonly answer: Answer } | undefined;
  /** Until there is `accepted`, in milliseconds; undefined: never. */
  readonly waitMs: number | undefined;
  readonly accepted: () => Answer;
  /** The process ends before the operation does. */
  readonly stopping: () => Answer;
}

/** Whoever is told something else than the outcome may come back for it: then the operation is kept. */
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
    const later = (first: () => Answer): void => {
      operations.keep(operation);
      answer(first());
    };
    wait(whenEnded(operation, (outcome) => answer(answers.outcome(outcome))));
    if (left) wait(whenAborted(left.closed, () => answer(left.answer)));
    if (waitMs !== undefined) wait(operations.after(waitMs, () => later(answers.accepted)));
    wait(whenAborted(operations.abandoned, () => later(answers.stopping)));
  });
}
