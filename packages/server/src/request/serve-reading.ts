/** A safe method: answered as it is; its work stops when nobody waits for it. */
import type { Exchange, Following } from "@meanwhile/interim";
import { requireIfOfReading } from "../conditions/if-evaluation.ts";
import { interimAllowance } from "../http/allowance.ts";
import type { ReadMethod } from "../methods.ts";
import type { Handled, PipelineOptions } from "../pipeline-options.ts";
import type { Connection } from "./connection.ts";
import type { DavRequest } from "./dav-request.ts";
import { slowMs } from "./slow-reads.ts";

/**
 * Answers, and should even that take long (a tree that is slow to open, not to send), keeps the client waiting with
 * interim responses. They carry nothing: there is no operation to tell of.
 */
export async function serveReading(
  exchange: Exchange,
  connection: Connection,
  request: DavRequest,
  read: ReadMethod,
  { context, pacer, pacing, policy, slowReads }: PipelineOptions,
): Promise<Handled> {
  const allowance = interimAllowance(exchange, connection, request.preferences, policy);
  let following: Following | undefined;
  const follow = (elapsedMs: number): void => {
    following = pacer.follow(exchange, {
      allowance,
      pacing: { ...pacing, afterMs: Math.max(0, pacing.afterMs - elapsedMs) },
      // Reading answers at once unless something is wrong: clients that asked for interim responses wait like the others.
      asked: false,
      progress: () => nothingKnown,
      fields: () => ({}),
    });
  };
  let ended = (): void => {};
  if (pacing.afterMs < 2 * slowMs) follow(0);
  else if (allowance.budget > 0) ended = slowReads.watch(follow);
  try {
    if (request.headers["if"] !== undefined) await requireIfOfReading(request, context);
    const answer = await read(request, context);
    return { answer, interims: following?.sent ?? 0, profile: allowance.profile };
  } finally {
    ended();
    following?.stop();
  }
}

const nothingKnown = { done: 0, total: undefined };
