/** Content that goes on where it was after a lost connection (RFC 9110 §13.1.5, §14). */

import { ConnectionError } from "../../error/connection-error.ts";
import type { Repeating } from "../../repeat/repeating.ts";
import { isForLater, notReady, type Setback, setbackOf } from "../../repeat/setback.ts";
import { discard, isCloseDelimited } from "../../send/received-content.ts";
import type { Patience } from "../../send/send.ts";
import { isStrong } from "../condition-fields.ts";
import { malformed } from "../listing/read-multistatus.ts";
import { readFailure } from "../read-failure.ts";
import type { VerbContext } from "../verb-context.ts";
import { contentFields } from "./content-fields.ts";

/** Which bytes of a resource are wanted, and how a response has them. */
export interface Portion {
  /** The first byte that is wanted. */
  readonly start: number;
  /** So many bytes come before it in the response. */
  readonly skip: number;
  /** Bytes wanted; undefined where nobody knows. */
  readonly length: number | undefined;
  /** Bytes wanted, if there are so many. */
  readonly atMost?: number | undefined;
  /** Bytes of the whole resource. */
  readonly total: number | undefined;
  /** The response ends where the portion does. */
  readonly exact: boolean;
  /** The response was compressed: its bytes cannot be counted. */
  readonly coded: boolean;
}

export interface Resumable {
  readonly context: VerbContext;
  readonly url: URL;
  /** With what is left of the patience. */
  readonly repeating: Repeating;
  readonly response: Response;
  readonly portion: Portion;
  /** Bytes of the whole resource as it is listed; undefined where nobody knows. Asked where the transfer cannot tell its end. */
  listedLength(patience: Patience): Promise<number | undefined>;
}

/**
 * The bytes of a portion, all of them or an error: after a lost connection the rest is asked for, as long as the entity
 * tag, a strong one, says that it is a part of the same. How often: {@link policies.content}.
 */
export function resumingContent(resumable: Resumable): ReadableStream<Uint8Array> {
  const bytes = portionBytes(resumable);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await bytes.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await bytes.return();
      },
    },
    { highWaterMark: 0 },
  );
}

async function* portionBytes(resumable: Resumable): AsyncGenerator<Uint8Array, void> {
  const { repeating, portion } = resumable;
  const wanted = portion.length ?? portion.atMost ?? Number.POSITIVE_INFINITY;
  let source = sourceOf(resumable.response, portion.skip);
  let given = 0;
  try {
    while (given < wanted) {
      let loss: unknown;
      try {
        const piece = await source.next();
        if (piece !== undefined) {
          repeating.news();
          const part = piece.subarray(0, wanted - given);
          given += part.length;
          yield part;
          continue;
        }
        // Its framing ended well, and something may be missing all the same (RFC 9112 §8).
        const whole = portion.length ?? (await lengthByListing(resumable, source));
        if (whole === undefined || given >= whole) return;
        loss = lost(resumable, `it ended after ${given} of ${whole} bytes`);
      } catch (error) {
        loss = error;
      }
      await source.close();
      if (!mayResume(resumable)) throw loss;
      source = await resumed(resumable, given, loss);
    }
    // Its end is read too, so that the connection can be used again. Whatever happens there, all bytes are here.
    if (portion.exact) await source.next().catch(() => undefined);
  } finally {
    await source.close();
  }
}

/** Bytes that there should be, where the end of the connection was that of the content. */
async function lengthByListing(resumable: Resumable, source: Source): Promise<number | undefined> {
  const { portion } = resumable;
  if (portion.coded || !source.endsUnseen) return undefined;
  const total = await resumable.listedLength(resumable.repeating.patience);
  if (total === undefined) return undefined;
  return Math.min(Math.max(total - portion.start, 0), portion.atMost ?? Number.POSITIVE_INFINITY);
}

/** Asks for the rest, until it comes. @throws the loss where that is enough */
async function resumed(resumable: Resumable, given: number, loss: unknown): Promise<Source> {
  const { repeating } = resumable;
  for (let setback = setbackOf(loss); ; ) {
    const verdict = repeating.judge(setback);
    if (verdict.kind === "enough" && setback.cause instanceof ConnectionError) spent.add(setback.cause);
    if (verdict.kind !== "again") throw setback.cause;
    await repeating.pause(verdict.afterMs);
    const next = await askForRest(resumable, given, loss);
    if (!("kind" in next)) return next;
    setback = next;
  }
}

async function askForRest(resumable: Resumable, given: number, loss: unknown): Promise<Source | Setback> {
  const { context, url, repeating, portion } = resumable;
  const { etag = "", coding } = contentFields(resumable.response);
  const from = portion.start + given;
  const end = portion.length === undefined ? portion.atMost : portion.length;
  const last = end === undefined ? "" : portion.start + end - 1;
  let response: Response;
  try {
    response = await context.send(url, {
      ...repeating.patience,
      headers: { "Accept-Encoding": "identity", Range: `bytes=${from}-${last}`, "If-Range": etag },
    });
  } catch (error) {
    return setbackOf(error);
  }
  const { status } = response;
  const rest = contentFields(response);
  const sameTag = rest.etag === etag;
  if (status === 206) {
    const { range } = rest;
    const sameTotal =
      portion.total === undefined || range?.total === undefined || range.total === portion.total;
    const sameCoding = rest.coding === coding;
    const fits = sameTotal && sameCoding && (rest.etag === undefined || sameTag);
    if (range?.start === from && fits) return sourceOf(response, 0);
    await discard(response);
    throw malformed({ method: "GET", url }, "what came after a lost connection does not fit", loss);
  }
  if (status === 200 && sameTag) return sourceOf(response, from);
  if (isForLater(response)) {
    await discard(response);
    return notReady(
      response,
      new ConnectionError("lost", "the connection was lost", { mayHaveArrived: true, cause: loss }),
    );
  }
  if (status === 200 || status === 416) {
    response.body?.cancel().catch(() => undefined);
    throw lost(
      resumable,
      `the connection was lost after ${given} bytes, and the resource has changed since`,
      loss,
    );
  }
  throw await readFailure({ method: "GET", url }, response, context.places);
}

/** Whether content was gone on with until that loss, as often as is of use. */
export function isSpent(loss: ConnectionError): boolean {
  return spent.has(loss);
}

const spent = new WeakSet<ConnectionError>();

interface Source {
  /** Undefined at the end. */
  next(): Promise<Uint8Array | undefined>;
  /** Whether its end may be that of a connection that was lost. */
  readonly endsUnseen: boolean;
  close(): Promise<void>;
}

function sourceOf(response: Response, skip: number): Source {
  const reader = response.body?.getReader();
  let left = skip;
  return {
    endsUnseen: isCloseDelimited(response),
    async next() {
      for (;;) {
        const piece = await reader?.read();
        if (piece === undefined || piece.done) return undefined;
        const { value } = piece;
        const passed = Math.min(left, value.length);
        left -= passed;
        if (passed < value.length) return passed === 0 ? value : value.subarray(passed);
      }
    },
    // An exchange that is over or broken has nothing to cancel.
    close: async () => reader?.cancel().catch(() => undefined),
  };
}

function mayResume({ response, portion, repeating }: Resumable): boolean {
  const isLeft = repeating.patience.signal?.aborted === true;
  return !portion.coded && !isLeft && isStrong(contentFields(response).etag);
}

function lost({ url }: Resumable, what: string, cause?: unknown): ConnectionError {
  return new ConnectionError("lost", `GET ${url.pathname}: ${what}`, { mayHaveArrived: true, cause });
}
