/** An exchange that waits for an operation which is not its own handler's, from joining it to the first answer. */
import type { Exchange } from "@meanwhile/interim";
import type { Operation } from "@meanwhile/operations";
import type { Attendance } from "./delivery-tracker.ts";
import { type FirstAnswer, firstAnswer, type Patience } from "./first-answer.ts";
import { type WaitingOptions, waitFor } from "./interim-news.ts";

export interface FollowOptions extends WaitingOptions, Patience {
  readonly attendance: Attendance;
}

export interface Followed {
  readonly first: FirstAnswer;
  /** How many interim responses were sent. */
  readonly interims: number;
  /** Whether one of them told where the status document is. */
  readonly isLocated: boolean;
  /** To be called once the exchange was answered with what came first. */
  answered(): void;
}

/** Sends interim responses, as the allowance and pacing say, until there is an answer. */
export async function follow(
  operation: Operation,
  exchange: Exchange,
  options: FollowOptions,
): Promise<Followed> {
  const { attendance, operations } = options;
  attendance.attend(operation, exchange);
  const waiting = waitFor(operation, exchange, options);
  const first = await firstAnswer(operations, operation, options);
  waiting.stop();
  const told = first.kind === "outcome" ? "outcome" : first.kind === "accepted" ? "place" : "less";
  return {
    first,
    interims: waiting.sent,
    isLocated: waiting.isLocated,
    answered: () => attendance.answered(operation, exchange, told),
  };
}
