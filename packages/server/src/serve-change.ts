/** A method that changes something: an operation, which goes on whether or not its client waits, and runs once. */
import { DavError } from "@meanwhile/dav/error";
import type { Exchange } from "@meanwhile/interim";
import { missingContent } from "@meanwhile/middleware";
import type { Operation } from "@meanwhile/operations";
import type { ChangeMethod, Ending } from "./change.ts";
import type { Connection } from "./connection.ts";
import type { DavRequest } from "./dav-request.ts";
import { withDemandedFields } from "./demanded-fields.ts";
import { digestedContent, digestOf } from "./digested-content.ts";
import { type Earlier, findEarlier, isToTryAgain, requireSame, runsHere } from "./earlier.ts";
import { errorAnswer, toDavError } from "./error-answer.ts";
import { lostSuccess } from "./lost-success.ts";
import { answerOf, outcomeOf } from "./outcome.ts";
import type { Handled, PipelineOptions } from "./pipeline.ts";
import { type RequestKey, requestKey, targetOf } from "./request-key.ts";
import { requireRights } from "./rights.ts";
import { statusUrl } from "./serve-status.ts";
import { waitForOutcome } from "./wait-for-outcome.ts";

export async function serveChange(
  exchange: Exchange,
  connection: Connection,
  request: DavRequest,
  change: ChangeMethod,
  options: PipelineOptions,
): Promise<Handled> {
  const key = requestKey(connection, request);
  const join = async (earlier: Earlier): Promise<Handled> => {
    const handled =
      "ended" in earlier
        ? await waitForOutcome(exchange, connection, request, earlier, options)
        : kept(earlier, statusUrl(request, options, earlier.id));
    const isAnswer =
      earlier.outcome !== undefined && !earlier.outcome.runsAnew && handled.answer.status !== 202;
    return key.chosenName !== undefined && isAnswer ? again(handled) : handled;
  };

  const known = await findWithKey(key, options);
  if (known) {
    requireRights(request, options.context);
    requireSame(known, key.fingerprint(await digestOf(request.content)));
    return join(known);
  }

  const { content, digest } = digestedContent(request.content, key.digestedBytes);
  const ending = await change({ ...request, content }, options.context);
  const begun = await begin(request, ending, key, digest(), options);
  if ("earlier" in begun) return join(begun.earlier);
  const { operation, failure } = begun;
  const handled = await waitForOutcome(exchange, connection, request, operation, options, "starter");
  const error = failure();
  return error === undefined ? handled : { ...handled, error };
}

/** The operation that the client's own key names, before any content is received. */
async function findWithKey(
  { chosenName }: RequestKey,
  { operations }: PipelineOptions,
): Promise<Earlier | undefined> {
  if (chosenName === undefined) return undefined;
  const earlier = await findEarlier(operations, chosenName);
  return earlier && !isToTryAgain(earlier) ? earlier : undefined;
}

/** What became of a complete request: an operation of its own, with what it failed by, or the one to join. */
type Begun = { readonly operation: Operation; failure(): unknown } | { readonly earlier: Earlier };

async function begin(
  request: DavRequest,
  ending: Ending,
  requestKey: RequestKey,
  contentDigest: string | undefined,
  options: PipelineOptions,
): Promise<Begun> {
  const { operations, turns } = options;
  const asked = { method: request.method, request };
  let began = false;
  const discard = async (): Promise<void> => {
    if (!began) await ending.discard?.();
  };
  const key = requestKey.of(contentDigest);
  // Of two that come at once, the second one finds the first.
  const endTurn = key ? await turns.take(key.name) : undefined;
  try {
    const earlier = key ? await findEarlier(operations, key.name) : undefined;
    if (earlier && key && isToJoin(earlier, key.chosen, options)) {
      requireSame(earlier, key.fingerprint);
      await discard();
      return { earlier };
    }
    if (earlier && key?.chosen) requireSame(earlier, key.fingerprint);
    const competes = earlier !== undefined && runsHere(earlier);
    let failure: unknown;
    const operation = operations.start(
      { kind: request.method, target: targetOf(request), principal: request.principal },
      async (work) => {
        began = true;
        const answer = await ending(work).catch((error: unknown) => {
          const known = toDavError(error, request.method);
          if (known.status >= 500) failure = error;
          return withDemandedFields(errorAnswer(known, request.method), asked, options.context);
        });
        // A repetition that failed only because its first try succeeded, and nobody heard of that.
        const lost = await lostSuccess(request, answer.status, earlier, options);
        const outcome = lost ?? outcomeOf(answer);
        // From now on this one says what became of the request. One that is to be tried again says nothing.
        if (earlier && !competes && outcome.status < 500) void operations.keep(work.operation);
        return outcome;
      },
      (error) => {
        failure = error;
        // Where the key could not be recorded, the work has not begun.
        discard().catch(() => undefined);
        return outcomeOf(errorAnswer(toDavError(error, request.method), request.method));
      },
      // One that runs, and is waited for, keeps its name: its own client may come back for it.
      {
        origin: request.client,
        freesRoom: request.method === "DELETE",
        ...(key && !competes ? { key } : {}),
      },
    );
    return { operation, failure: () => failure };
  } catch (error) {
    await discard();
    throw error;
  } finally {
    endTurn?.();
  }
}

/**
 * With a key, whatever it names but what is to be tried again. Without one, an operation that runs and whose client
 * is gone: whoever repeats the request wants its answer.
 */
function isToJoin(earlier: Earlier, chosen: boolean, { attendance }: PipelineOptions): boolean {
  return chosen ? !isToTryAgain(earlier) : runsHere(earlier) && attendance.isDeserted(earlier.id);
}

function kept({ id, outcome }: Earlier, url: string): Handled {
  if (!outcome) {
    throw new DavError(503, "the operation is not taken up yet", { fields: { "Retry-After": "1" } });
  }
  const missing = missingContent(outcome, url);
  if (missing)
    throw new DavError(409, missing.title, { fields: { Link: `<${url}>; rel="status"`, ...replayed } });
  return { answer: answerOf(outcome), operation: id };
}

/** On what a key gets again: its method does not run for this key any more. */
const replayed = { "Idempotency-Replayed": "true" };

function again({ answer, ...handled }: Handled): Handled {
  return { ...handled, answer: { ...answer, fields: { ...answer.fields, ...replayed } } };
}
