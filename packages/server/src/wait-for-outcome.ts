/** An exchange that waits for an operation: its interim responses, and the answers that may come before the outcome. */
import { DavError } from "@meanwhile/dav/error";
import type { Exchange } from "@meanwhile/interim";
import { firstAnswer, patienceMs, statusDocument, waitFor } from "@meanwhile/middleware";
import type { Operation } from "@meanwhile/operations";
import { interimAllowance } from "./allowance.ts";
import type { Answer } from "./answer.ts";
import type { Connection } from "./connection.ts";
import type { DavRequest } from "./dav-request.ts";
import { errorAnswer } from "./error-answer.ts";
import { answerOf } from "./outcome.ts";
import type { Handled, PipelineOptions } from "./pipeline.ts";
import { statusUrl } from "./serve-status.ts";

/** Seconds after which to look again at what is not finished. */
const retryAfterSeconds = 5;

/**
 * Waits for the outcome, as the client prefers: with interim responses, until it would rather have a 202 (RFC 7240
 * §4.1, §4.3), or until this process ends before the operation does. One who has joined is done when its client leaves;
 * the one that started the operation is not, and tells the log how it ended.
 */
export async function waitForOutcome(
  exchange: Exchange,
  connection: Connection,
  request: DavRequest,
  operation: Operation,
  options: PipelineOptions,
  role: "starter" | "joiner" = "joiner",
): Promise<Handled> {
  const { operations, pacer, pacing, policy, attendance } = options;
  const url = statusUrl(request, options, operation.id);
  const allowance = interimAllowance(exchange, connection, request.preferences, policy);
  attendance.attend(operation, exchange);
  const following = waitFor(operation, exchange, {
    operations,
    pacer,
    pacing,
    allowance,
    asked: request.preferences.processing,
    statusUrl: url,
  });
  const answer = await firstAnswer<Answer>(operations, operation, {
    outcome: answerOf,
    left: role === "joiner" ? { closed: exchange.closed, answer: clientLeft } : undefined,
    waitMs: waitMs(request),
    accepted: () => accepted(request, operation, url),
    stopping: (isKept) => stopping(isKept ? url : undefined, request.method),
  });
  following.stop();
  const { sent, isLocated } = following;
  const isFinal = operation.outcome !== undefined;
  const told = isFinal ? "outcome" : answer.status === 202 ? "place" : "less";
  return {
    answer:
      isLocated && isFinal
        ? { ...answer, fields: { ...answer.fields, Link: `<${url}>; rel="status"` } }
        : answer,
    operation: operation.id,
    interims: sent,
    profile: allowance.profile,
    afterwards: () => attendance.answered(operation, exchange, told),
  };
}

/** Nobody gets it: it stands in the log for a client that left before there was an answer. */
const clientLeft: Answer = { status: 499, fields: {}, body: { kind: "none" } };

/** How long the client waits for the outcome before it wants a 202; undefined: as long as it takes. */
function waitMs({ preferences, headers }: DavRequest): number | undefined {
  return isLazy(headers) ? 0 : patienceMs(preferences);
}

/** ownCloud's clients ask for an asynchronous MOVE in words of their own: "true" on desktops, "1" in browsers. */
function isLazy(headers: DavRequest["headers"]): boolean {
  return headers["oc-lazyops"] === "true" || headers["oc-lazyops"] === "1";
}

/** RFC 9110 §15.3.3. */
function accepted({ headers, preferences }: DavRequest, operation: Operation, url: string): Answer {
  return {
    status: 202,
    fields: {
      "Content-Type": "application/json",
      Location: url,
      "Retry-After": String(retryAfterSeconds),
      ...(preferences.respondAsync ? { "Preference-Applied": "respond-async" } : {}),
      // These clients put their server's address before it.
      ...(isLazy(headers) ? { "OC-JobStatus-Location": `${new URL(url).pathname}/job` } : {}),
    },
    body: { kind: "bytes", bytes: `${JSON.stringify(statusDocument(operation, url))}\n` },
  };
}

/** Not the outcome: an operation that is recorded goes on, or is told of, when the server is there again. */
function stopping(url: string | undefined, method: string): Answer {
  const retry = { "Retry-After": String(retryAfterSeconds) };
  const fields = url === undefined ? retry : { Location: url, ...retry };
  const message =
    url === undefined
      ? "the server stops now, before this is done"
      : "the server stops now; the operation goes on when it is back";
  return errorAnswer(new DavError(503, message, { fields }), method);
}
