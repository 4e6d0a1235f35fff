/** A safe method: answered as it is; its work stops when nobody waits for it. */
import type { Exchange, Following } from "@meanwhile/interim";
import { slowMs } from "@meanwhile/middleware/internal";
import { requireIfOfReading } from "../conditions/if-evaluation.ts";
import { interimAllowance } from "../http/allowance.ts";
import type { ReadMethod } from "../methods.ts";
import type { Handled, PipelineOptions } from "../pipeline-options.ts";
import type { Connection } from "../request/connection.ts";
import type { DavRequest } from "../request/dav-request.ts";

/**
 * Answers, and should even that take long (a tree that is slow to open, not to send), keeps the client waiting with
 * interim responses. They carry nothing: there is no operation to tell of. What that takes is made for slow requests alone.
 */
export async function serveReading(
  exchange: Exchange,
  connection: Connection,
  request: DavRequest,
  read: ReadMethod,
  { context, pacer, pacing, policy, slow }: PipelineOptions,
): Promise<Handled> {
  let profile: string | undefined;
  let following: Following | undefined;
  const follow = (waitedMs: number): void => {
    const asked = request.fields.preferences.processing;
    const allowance = interimAllowance(exchange, connection, asked, policy);
    profile = allowance.profile;
    if (allowance.budget === 0) return;
    following = pacer.follow(exchange, {
      allowance,
      pacing,
      waitedMs,
      // Reading answers at once unless something is wrong: clients that asked for interim responses wait like the others.
      asked: false,
      progress: () => nothingKnown,
      fields: () => ({}),
    });
  };
  const ended = pacing.afterMs < 2 * slowMs ? follow(0) : slow.watch(follow);
  try {
    if (request.fields.hasIf) await requireIfOfReading(request, context);
    const answer = await read(request, context);
    return { answer, interims: following?.sent ?? 0, ...(profile === undefined ? {} : { profile }) };
  } finally {
    ended?.();
    following?.stop();
  }
}

const nothingKnown = { done: 0, total: undefined };
