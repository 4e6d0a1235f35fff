/** An exchange that waits for an operation which is not its own handler's, from joining it to the first answer. */
import type { Exchange } from "@meanwhile/interim";
import type { Operation } from "@meanwhile/operations";
import type { Attendance, Presence } from "./delivery-tracker.ts";
import { type FirstAnswer, firstAnswer, type Patience } from "./first-answer.ts";
import { type Waiting, type WaitingOptions, waitFor } from "./interim-news.ts";
import { type SlowRequests, slowMs } from "./slow-requests.ts";

export interface FollowOptions extends WaitingOptions, Patience {
  readonly attendance: Attendance;
  /** Most operations end before anybody could hear of them: what tells of those that do not is made when they are slow. */
  readonly slow?: SlowRequests;
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
export function follow(operation: Operation, exchange: Exchange, options: FollowOptions): Promise<Followed> {
  const presence = options.attendance.attend(operation, exchange);
  const { slow } = options;
  if (slow === undefined || mayHearSoon(options)) return followNow(operation, exchange, presence, options);
  return new Promise((resolve) => {
    let isSlow = false;
    const leave = slow.watch((waitedMs) => {
      isSlow = true;
      options.operations.lasts(operation);
      void followNow(operation, exchange, presence, { ...options, waitedMs }).then(resolve);
    });
    void operation.ended.then((outcome) => {
      if (isSlow) return;
      leave();
      resolve(followed(presence, { kind: "outcome", outcome }, undefined));
    });
  });
}

/** Whether there may be something to tell, or to do, before the operation counts as slow. */
function mayHearSoon({ asked, closed, waitMs, pacing }: FollowOptions): boolean {
  return asked || closed !== undefined || waitMs !== undefined || pacing.afterMs < 2 * slowMs;
}

async function followNow(
  operation: Operation,
  exchange: Exchange,
  presence: Presence,
  options: FollowOptions,
): Promise<Followed> {
  const waiting = waitFor(operation, exchange, options);
  const first = await firstAnswer(options.operations, operation, options);
  waiting.stop();
  return followed(presence, first, waiting);
}

function followed(presence: Presence, first: FirstAnswer, waiting: Waiting | undefined): Followed {
  const told = first.kind === "outcome" ? "outcome" : first.kind === "accepted" ? "place" : "less";
  return {
    first,
    interims: waiting?.sent ?? 0,
    isLocated: waiting?.isLocated ?? false,
    answered: () => presence.answered(told),
  };
}
