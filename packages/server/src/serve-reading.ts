/** A safe method: answered as it is; its work stops when nobody waits for it. */
import type { Exchange } from "@meanwhile/interim";
import { interimAllowance } from "./allowance.ts";
import type { Connection } from "./connection.ts";
import type { DavRequest } from "./dav-request.ts";
import { requireIfOfReading } from "./if-evaluation.ts";
import type { ReadMethod } from "./methods.ts";
import type { Handled, PipelineOptions } from "./pipeline.ts";

/**
 * Answers, and should even that take long (a tree that is slow to open, not to send), keeps the client waiting with
 * interim responses. They carry nothing: there is no operation to tell of.
 */
export async function serveReading(
  exchange: Exchange,
  connection: Connection,
  request: DavRequest,
  read: ReadMethod,
  { context, pacer, pacing, policy }: PipelineOptions,
): Promise<Handled> {
  const allowance = interimAllowance(exchange, connection, request.preferences, policy);
  const following = pacer.follow(exchange, {
    allowance,
    pacing,
    // Reading answers at once unless something is wrong: whoever asked for interim responses waits like the others.
    asked: false,
    progress: () => nothingKnown,
    fields: () => ({}),
  });
  try {
    await requireIfOfReading(request, context);
    const answer = await read(request, context);
    return { answer, interims: following.sent, profile: allowance.profile };
  } finally {
    following.stop();
  }
}

const nothingKnown = { done: 0, total: undefined };
