/** An exchange that waits for an operation: its interim responses, and the answers that may come before the outcome. */
import { DavError } from "@meanwhile/dav";
import type { Exchange } from "@meanwhile/interim";
import {
  accepted,
  type FirstAnswer,
  follow,
  patienceMs,
  retryAfterSeconds,
} from "@meanwhile/middleware/internal";
import type { Operation } from "@meanwhile/operations";
import { interimAllowance } from "../http/allowance.ts";
import type { Answer } from "../http/answer.ts";
import { errorAnswer } from "../http/error-answer.ts";
import type { Handled, PipelineOptions } from "../pipeline-options.ts";
import type { Connection } from "../request/connection.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { statusUrl } from "../status/serve-status.ts";
import { answerOf } from "./outcome.ts";

/**
 * Waits for the outcome, as the client prefers: with interim responses, until it would rather have a 202 (RFC 7240
 * §4.1, §4.3), or until this process ends before the operation does. One who has joined is done when its client leaves;
 * the one that started the operation is not, and tells the log how it ended.
 * @param spent interim responses that this exchange had before
 */
export async function waitForOutcome(
  exchange: Exchange,
  connection: Connection,
  request: DavRequest,
  operation: Operation,
  options: PipelineOptions,
  role: "starter" | "joiner" = "joiner",
  spent = 0,
): Promise<Handled> {
  const { operations, pacer, pacing, policy, attendance, slow } = options;
  const url = (): string => statusUrl(request, options, operation.id);
  const asked = request.fields.preferences.processing;
  const granted = interimAllowance(exchange, connection, asked, policy);
  const allowance = { ...granted, budget: Math.max(0, granted.budget - spent) };
  const { first, interims, isLocated, answered } = await follow(operation, exchange, {
    operations,
    pacer,
    attendance,
    slow,
    pacing,
    allowance,
    asked,
    statusUrl: url,
    closed: role === "joiner" ? exchange.closed : undefined,
    waitMs: waitMs(request),
  });
  const answer = answerTo(first, request, operation, url);
  return {
    answer:
      isLocated && operation.outcome !== undefined
        ? { ...answer, fields: { ...answer.fields, Link: `<${url()}>; rel="status"` } }
        : answer,
    operation: operation.id,
    interims: interims + spent,
    profile: allowance.profile,
    afterwards: answered,
  };
}

function answerTo(first: FirstAnswer, request: DavRequest, operation: Operation, url: () => string): Answer {
  switch (first.kind) {
    case "outcome":
      return answerOf(first.outcome);
    case "accepted":
      return acceptedAs(request, operation, url());
    case "stopping":
      return stopping(first.isKept ? url() : undefined, request.method);
    case "left":
      return clientLeft;
  }
}

/** Nobody gets it: it stands in the log for a client that left before there was an answer. */
const clientLeft: Answer = { status: 499, fields: {}, body: { kind: "none" } };

/** How long the client waits for the outcome before it wants a 202; undefined: as long as it takes. */
function waitMs({ fields }: DavRequest): number | undefined {
  return fields.isLazy ? 0 : patienceMs(fields.preferences);
}

function acceptedAs({ fields: asked }: DavRequest, operation: Operation, url: string): Answer {
  const { status, fields, content } = accepted(operation, url, asked.preferences.respondAsync);
  // These clients put their server's address before it.
  const job = asked.isLazy ? { "OC-JobStatus-Location": `${new URL(url).pathname}/job` } : {};
  return { status, fields: { ...fields, ...job }, body: { kind: "bytes", bytes: content } };
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
