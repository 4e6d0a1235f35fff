/** A method that changes something: an operation, which goes on whether or not its client waits, and runs once. */
import { DavError, encodePath } from "@meanwhile/dav";
import type { Exchange } from "@meanwhile/interim";
import { missingContent } from "@meanwhile/middleware/internal";
import {
  type Operation,
  OperationKeyError,
  type OperationSubject,
  type RepetitionKey,
} from "@meanwhile/operations";
import { type Admission, admit, type Earlier, findEarlier, runs } from "@meanwhile/operations/internal";
import { digestedContent, digestOf } from "../content/digested-content.ts";
import type { ServerContext } from "../context.ts";
import { withDemandedFields } from "../http/demanded-fields.ts";
import { errorAnswer, toDavError } from "../http/error-answer.ts";
import { type ChangeMethod, type Ending, requireWrite, withParent } from "../methods/change.ts";
import type { Handled, PipelineOptions } from "../pipeline-options.ts";
import type { Connection } from "../request/connection.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { statusUrl } from "../status/serve-status.ts";
import { parseTransfer } from "../trees/transfer.ts";
import { lostSuccess } from "./lost-success.ts";
import { answerOf, outcomeOf } from "./outcome.ts";
import { type RequestKey, requestKey, targetOf } from "./request-key.ts";
import { waitForOutcome } from "./wait-for-outcome.ts";

/** How a change is served that is more than one request. */
export interface ChangeManner {
  /** The request that the operation is of, where it is completed by another one, by which a repetition is known. */
  readonly as?: DavRequest;
  /** Interim responses that were sent before. */
  readonly spent?: { readonly count: number };
}

/** Answers a method that changes something: with the outcome of its own operation, or of an earlier one with the same key. */
export async function serveChange(
  exchange: Exchange,
  connection: Connection,
  request: DavRequest,
  change: ChangeMethod,
  options: PipelineOptions,
  manner: ChangeManner = {},
): Promise<Handled> {
  const { operations } = options;
  const key = requestKey(connection, request);
  const join = async (repeated: Repeated): Promise<Handled> => {
    const { earlier } = repeated;
    const handled = await answerAgain(exchange, connection, request, repeated, options);
    const isAnswer =
      earlier.outcome !== undefined && !earlier.outcome.runsAnew && handled.answer.status !== 202;
    return key.chosenName !== undefined && isAnswer ? again(handled) : handled;
  };

  // What the client's own key names is known before any content is received.
  const known = key.chosenName === undefined ? undefined : await findEarlier(operations, key.chosenName);
  if (known && admit(known, true).kind !== "run") {
    requireRights(request, options.context);
    const print = key.fingerprint(await digestOf(request.content));
    return join({ earlier: known, admission: admit(known, known.key?.fingerprint === print) });
  }

  const { content, digest } = digestedContent(request.content, key.digestedBytes);
  const ending = await change({ ...request, content }, options.context);
  const begun = await begin(manner.as ?? request, ending, key, digest(), options);
  if ("earlier" in begun) return join(begun);
  const { operation, failure } = begun;
  const spent = manner.spent?.count ?? 0;
  const handled = await waitForOutcome(exchange, connection, request, operation, options, "starter", spent);
  const error = failure();
  return error === undefined ? handled : { ...handled, error };
}

/** An earlier request with the same key, and what its repetition gets. */
interface Repeated {
  readonly earlier: Earlier;
  readonly admission: Admission;
}

/** What became of a complete request: an operation of its own, with what it failed by, or an earlier one. */
type Begun = { readonly operation: Operation; failure(): unknown } | Repeated;

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
    const admission = earlier && key ? await admitted(earlier, key, options) : undefined;
    if (earlier && admission && admission.kind !== "run") {
      await discard();
      return { earlier, admission };
    }
    const competes = earlier !== undefined && runs(earlier);
    let failure: unknown;
    const operation = operations.start(
      subjectOf(request),
      async (work) => {
        began = true;
        const answer = await ending(work).catch((error: unknown) => {
          const known = toDavError(error, request.method);
          if (known.status >= 500) failure = error;
          return withDemandedFields(errorAnswer(known, request.method), asked, options.context);
        });
        failure ??= answer.failure?.();
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
        ...(key && !competes ? { key, replaces: earlier?.id } : {}),
      },
    );
    const taking = operations.admitted(operation);
    if (taking !== undefined) await taking;
    return { operation, failure: () => failure };
  } catch (error) {
    await discard();
    if (key === undefined || !(error instanceof OperationKeyError)) throw error;
    // Another process took the key in this very moment.
    return { earlier: error.operation, admission: await admitted(error.operation, key, options) };
  } finally {
    endTurn?.();
  }
}

/** What its operation is about. */
function subjectOf(request: DavRequest): OperationSubject {
  const { method, principal, destination, origin, prefix, trailingSlash } = request;
  const target = targetOf(request);
  if (destination === undefined) return { kind: method, target, principal };
  return {
    kind: method,
    target,
    destination: origin + prefix + encodePath(destination, trailingSlash),
    principal,
  };
}

/**
 * With a key, as it says. Without one, only an operation that runs and whose client is gone is joined: the
 * repetition wants its answer.
 */
async function admitted(
  earlier: Earlier,
  { chosen, fingerprint }: RepetitionKey,
  { attendance, operations }: PipelineOptions,
): Promise<Admission> {
  if (chosen) return admit(earlier, earlier.key?.fingerprint === fingerprint);
  const isLost =
    runs(earlier) && attendance.isDeserted(earlier.id) && (await operations.isDeserted(earlier.id));
  return isLost ? admit(earlier, true) : { kind: "run" };
}

/** Answers with what became of the earlier request, or will. @throws {DavError} 409, 422, 503 */
async function answerAgain(
  exchange: Exchange,
  connection: Connection,
  request: DavRequest,
  { earlier, admission }: Repeated,
  options: PipelineOptions,
): Promise<Handled> {
  switch (admission.kind) {
    case "join":
      return waitForOutcome(exchange, connection, request, admission.operation, options);
    case "replay": {
      if ("ended" in earlier) return waitForOutcome(exchange, connection, request, earlier, options);
      const url = statusUrl(request, options, earlier.id);
      const missing = missingContent(admission.outcome, url);
      if (missing === undefined) return { answer: answerOf(admission.outcome), operation: earlier.id };
      throw new DavError(409, missing.title, { fields: { Link: `<${url}>; rel="status"`, ...replayed } });
    }
    case "not-yet":
      throw new DavError(503, "the operation is not taken up yet", { fields: { "Retry-After": "1" } });
    case "run":
    case "mismatch":
      throw new DavError(422, "the Idempotency-Key was used for another request");
  }
}

/** On what a key gets again: its method does not run for this key any more. */
const replayed = { "Idempotency-Replayed": "true" };

function again({ answer, ...handled }: Handled): Handled {
  return { answer: { ...answer, fields: { ...answer.fields, ...replayed } }, ...handled };
}

/** Whoever repeats a request is asked for the right to it again, as the method itself asks. @throws {DavError} 403 */
function requireRights(request: DavRequest, context: ServerContext): void {
  const { method, path } = request;
  switch (method) {
    case "COPY":
      parseTransfer(request, context);
      break;
    case "MOVE":
      parseTransfer(request, context);
      requireWrite(context, request, withParent(path));
      break;
    case "DELETE":
    case "MKCOL":
      requireWrite(context, request, withParent(path));
      break;
    default:
      requireWrite(context, request, [path]);
  }
}
