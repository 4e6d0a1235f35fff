import { CancelledError, OutcomeUnknownError } from "../error/operation-error.ts";
import type { Patience } from "../send/send.ts";
import { refusal } from "../status/refusal.ts";
import { follow, noStatusDocument } from "./following/follow.ts";
import { recordedOutcome } from "./following/recorded-outcome.ts";
import type { LongRequest } from "./long-request.ts";
import { openLongRequest } from "./long-request-handle.ts";
import type { LongRequestContext } from "./long-request-plan.ts";
import { NoSignOfLife } from "./long-wait.ts";

/**
 * Follows an operation by its status document, which another client may have started, to its end.
 *
 * The outcome is the recorded final response, whatever its status. It rejects with HttpError where there is no such
 * operation, where something else is (its status is a success then), or the server refuses to tell, with CancelledError where it was cancelled, with OutcomeUnknownError where it
 * was interrupted, and with ConnectionError where there is no coming back to the server.
 */
export function watchOperation(
  context: LongRequestContext,
  url: URL,
  patience: Patience = {},
): LongRequest<Response> {
  return openLongRequest(context, {
    ...patience,
    stage: "processing",
    async run(wait) {
      wait.url = url;
      try {
        const ending = await follow(wait, url, "anything");
        switch (ending.kind) {
          case "response":
            // Any document answers a GET; that is no outcome.
            if (ending.response.ok && !ending.monitored) throw noStatusDocument(url, ending.response);
            return ending.response;
          case "gone":
            throw ending.cause;
          case "cancelled":
            throw new CancelledError(url);
          case "document": {
            const { state, method = "GET", target } = ending.document;
            if (state === "cancelled") throw new CancelledError(url);
            const response = await recordedOutcome(wait, ending.document, ending.url);
            if (state !== "interrupted") return response;
            const place = target !== undefined && URL.canParse(target) ? new URL(target) : url;
            throw new OutcomeUnknownError(method, place, await refusal(method, place, response));
          }
        }
      } catch (error) {
        throw error instanceof NoSignOfLife ? error.cause : error;
      }
    },
  });
}
