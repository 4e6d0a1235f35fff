import { isPassing } from "../repeat/setback.ts";
import { PlannedRequest } from "./course/planned-request.ts";
import { CourseRun } from "./course/run-course.ts";
import { openLongRequest } from "./long-request-handle.ts";
import type { StartLongRequest } from "./long-request-plan.ts";

/**
 * Sends a request and stays with it to its end: through 102s, a 202, lost connections, proxies that give up, and
 * restarts of the server.
 *
 * An unsafe request is sent again only with its Idempotency-Key and only where the server has said that it keeps the
 * answers to requests of that method and URL, where nothing of it can have arrived, or where the plan says `repeat`. Once the outcome has settled, neither
 * the patience nor `detach()` ends the content of a response that `read` has passed on: cancel that.
 */
export const startLongRequest: StartLongRequest = (context, plan) => {
  const request = new PlannedRequest(plan, () => context.surroundings.newKey());
  const { idleTimeoutMs, timeoutMs, signal } = plan;
  return openLongRequest(context, {
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
    stage: request.stage,
    async run(wait) {
      wait.identity = request.identity;
      const run = new CourseRun(wait, request);
      let response = await run.response();
      for (;;) {
        try {
          return await plan.read(response);
        } catch (error) {
          // Its content was lost on the way.
          if (wait.signal.aborted || !isPassing(error)) throw error;
          response = await run.onceMore(error);
        }
      }
    },
  });
};
