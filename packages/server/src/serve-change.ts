/** A method that changes something: an operation, which goes on whether or not its client waits. */
import type { Exchange } from "@meanwhile/interim";
import { waitFor } from "@meanwhile/middleware";
import type { Outcome } from "@meanwhile/operations";
import { interimAllowance } from "./allowance.ts";
import type { Answer } from "./answer.ts";
import type { ChangeMethod } from "./change.ts";
import type { Connection } from "./connection.ts";
import type { DavRequest } from "./dav-request.ts";
import { errorAnswer, toDavError } from "./error-answer.ts";
import type { Handled, PipelineOptions } from "./pipeline.ts";
import { statusUrl } from "./serve-status.ts";

export async function serveChange(
  exchange: Exchange,
  connection: Connection,
  request: DavRequest,
  change: ChangeMethod,
  options: PipelineOptions,
): Promise<Handled> {
  const { operations, pacer, pacing, policy, context } = options;
  const ending = await change(request, context);
  let cause: unknown;
  const operation = operations.start(
    {
      kind: request.method,
      target: request.origin + (exchange.request.url ?? ""),
      principal: request.principal,
    },
    async (work) => outcomeOf(await ending(work)),
    (error) => {
      const failure = toDavError(error, request.method);
      if (failure.status >= 500) cause = error;
      return outcomeOf(errorAnswer(failure));
    },
  );
  const url = statusUrl(request, options, operation.id);
  const allowance = interimAllowance(exchange, connection, request.preferences, policy);
  const asked = request.preferences.processing;
  const following = waitFor(operation, exchange, {
    operations,
    pacer,
    pacing,
    allowance,
    asked,
    statusUrl: url,
  });
  const answer = answerOf(await operation.ended);
  const { sent } = following;
  return {
    answer: sent === 0 ? answer : { ...answer, fields: { ...answer.fields, Link: `<${url}>; rel="status"` } },
    operation: operation.id,
    interims: sent,
    profile: allowance.profile,
    ...(cause === undefined ? {} : { error: cause }),
  };
}

function outcomeOf({ status, fields, body }: Answer): Outcome {
  if (body.kind === "stream") throw new Error("the answer of an operation is small");
  return { status, fields, content: body.kind === "bytes" ? body.bytes : "" };
}

/** An outcome as the answer that it records. */
export function answerOf({ status, fields, content }: Outcome): Answer {
  return {
    status,
    fields,
    body: content.length === 0 ? { kind: "none" } : { kind: "bytes", bytes: content },
  };
}
