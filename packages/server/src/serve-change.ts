/** A method that changes something: an operation, which goes on whether or not its client waits, and runs once. */
import { badRequest, DavError } from "@meanwhile/dav/error";
import type { Exchange } from "@meanwhile/interim";
import {
  chosenKeyName,
  fingerprintOf,
  impliedKeyName,
  isSameRequest,
  type RepeatableRequest,
} from "@meanwhile/middleware";
import type { JournalEntry, Operation, RepetitionKey } from "@meanwhile/operations";
import type { Answer } from "./answer.ts";
import type { ChangeMethod } from "./change.ts";
import type { Connection } from "./connection.ts";
import type { DavRequest } from "./dav-request.ts";
import { digestedContent, digestOf } from "./digested-content.ts";
import { errorAnswer, toDavError } from "./error-answer.ts";
import { lostSuccess } from "./lost-success.ts";
import { answerOf, outcomeOf } from "./outcome.ts";
import type { Handled, PipelineOptions } from "./pipeline.ts";
import { requireRights } from "./rights.ts";
import { waitForOutcome } from "./wait-for-outcome.ts";

/** Of a request without a key, content up to this size is digested, to know its repetitions by. */
const digestedBytes = 4 * 1024 * 1024;

export async function serveChange(
  exchange: Exchange,
  connection: Connection,
  request: DavRequest,
  change: ChangeMethod,
  options: PipelineOptions,
): Promise<Handled> {
  const { operations, context, attendance } = options;
  const repeatable = repeatableRequest(exchange, connection, request);
  const join = (earlier: Operation | JournalEntry): Promise<Handled> | Handled =>
    "ended" in earlier
      ? waitForOutcome(exchange, connection, request, earlier, options)
      : { answer: keptAnswer(earlier), operation: earlier.id };

  const chosenName = chosenKey(repeatable);
  if (chosenName !== undefined) {
    const earlier = await operations.findByKey(chosenName);
    if (earlier) {
      requireRights(request, context);
      requireSame(earlier, fingerprintOf(repeatable, await digestOf(request.content)));
      return join(earlier);
    }
  }

  const { content, digest } = digestedContent(
    request.content,
    chosenName === undefined ? digestedBytes : Number.POSITIVE_INFINITY,
  );
  const ending = await change({ ...request, content }, context);
  const key = keyOf(repeatable, chosenName, digest());
  const earlier = key ? await operations.findByKey(key.name) : undefined;
  if (earlier && key) {
    // Another request with the same key came while this one's content was on its way; or the same request without
    // a key, whose client is gone: whoever repeats it wants its answer.
    const deserted = "ended" in earlier && earlier.outcome === undefined && attendance.isDeserted(earlier.id);
    if (chosenName !== undefined || deserted) {
      await ending.discard?.();
      requireSame(earlier, key.fingerprint);
      return join(earlier);
    }
  }

  let cause: unknown;
  const operation = operations.start(
    {
      kind: request.method,
      target: repeatable.target,
      principal: request.principal,
    },
    async (work) => {
      const answer = await ending(work).catch((error: unknown) => {
        const failure = toDavError(error, request.method);
        if (failure.status >= 500) cause = error;
        return errorAnswer(failure);
      });
      // A repetition that failed only because its first try succeeded, and nobody heard of that.
      return lostSuccess(request, answer, earlier, attendance, context.now()) ?? outcomeOf(answer);
    },
    (error) => {
      cause = error;
      return outcomeOf(errorAnswer(toDavError(error, request.method)));
    },
    key ? { key } : {},
  );
  const handled = await waitForOutcome(exchange, connection, request, operation, options);
  return cause === undefined ? handled : { ...handled, error: cause };
}

function repeatableRequest(
  exchange: Exchange,
  { address }: Connection,
  request: DavRequest,
): RepeatableRequest {
  return {
    method: request.method,
    target: request.origin + (exchange.request.url ?? ""),
    headers: request.headers,
    principal: request.principal,
    address,
  };
}

function chosenKey(repeatable: RepeatableRequest): string | undefined {
  try {
    return chosenKeyName(repeatable);
  } catch (cause) {
    if (cause instanceof RangeError) throw badRequest(cause.message, cause);
    throw cause;
  }
}

function keyOf(
  repeatable: RepeatableRequest,
  chosenName: string | undefined,
  contentDigest: string | undefined,
): RepetitionKey | undefined {
  if (contentDigest === undefined) return undefined;
  const fingerprint = fingerprintOf(repeatable, contentDigest);
  return chosenName === undefined
    ? { name: impliedKeyName(repeatable, fingerprint), fingerprint, chosen: false }
    : { name: chosenName, fingerprint, chosen: true };
}

/** "422: the same key with another request" (draft-ietf-httpapi-idempotency-key-header-07 §2.7). */
function requireSame({ key }: Operation | JournalEntry, fingerprint: string): void {
  if (!isSameRequest(key, fingerprint)) {
    throw new DavError(422, "the Idempotency-Key was used for another request");
  }
}

function keptAnswer({ outcome }: JournalEntry): Answer {
  if (!outcome)
    throw new DavError(503, "the operation is not taken up yet", { fields: { "Retry-After": "1" } });
  return answerOf(outcome);
}
