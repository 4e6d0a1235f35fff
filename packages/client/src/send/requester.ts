import { misuse } from "../error/misuse.ts";
import { policies } from "../repeat/policies.ts";
import { Repeating } from "../repeat/repeating.ts";
import { type Setback, setbackOf } from "../repeat/setback.ts";
import { type Answer, type Attempt, asksFirst, type Trace } from "./attempt.ts";
import type { RequesterOptions } from "./connections/origin.ts";
import { Origin } from "./connections/origin.ts";
import { type Route, routeTo } from "./connections/route.ts";
import { sendHttp1 } from "./connections/send-http1.ts";
import { sendHttp2 } from "./connections/send-http2.ts";
import { layOut, type Outgoing } from "./outgoing.ts";
import type { Send, SendOptions } from "./send.ts";
import { realTimers, type Standing, startWaiting, type Waiting } from "./waiting.ts";

/** Connections to any number of servers, and what sends requests over them. */
export interface Requester {
  readonly send: Send;
  /** Closes idle connections, and the others once their requests are done. Nothing can be sent any more. */
  close(): Promise<void>;
}

/** Ways that are remembered; of more, the one that was used longest ago is forgotten. */
const mostOrigins = 256;

/**
 * An unsafe request does not go over a connection that has rested longer than this: servers close connections that
 * rest, and a request that meets the closing can neither be sent again nor be said to have failed.
 */
const unsafeRestMs = 1000;

/**
 * Makes a requester. It keeps connections for later requests; idle ones do not keep the process alive.
 *
 * @throws {TypeError} `ERR_PROXY` for a proxy that cannot be
 */
export function createRequester(options: RequesterOptions = {}): Requester {
  const origins = new Map<string, Origin>();
  const environment = options.environment ?? process.env;
  const timers = options.timers ?? realTimers;
  // Found out now, not at the first request.
  routeTo(new URL("http://localhost"), options.proxy, {});
  let closed = false;

  const originOf = (route: Route): Origin => {
    const origin = origins.get(route.key) ?? new Origin(route, options);
    origins.delete(route.key);
    origins.set(route.key, origin);
    for (const [key, oldest] of origins) {
      if (origins.size <= mostOrigins) break;
      origins.delete(key);
      oldest.close();
    }
    return origin;
  };

  const send = async (url: URL, sendOptions: SendOptions = {}): Promise<Response> => {
    if (closed) throw misuse("ERR_REQUESTER_CLOSED", "the requester is closed");
    const outgoing = layOut(url, sendOptions);
    const origin = originOf(routeTo(outgoing.url, options.proxy, environment));
    const standing: Standing = { mayHaveArrived: false, interims: 0 };
    const waiting = startWaiting(sendOptions, standing, timers);
    let expects = true;
    const repeating = new Repeating(policies.connection);
    for (;;) {
      const trace: Trace = { reused: false, refused: false, wantsHttp1: false, contentBegun: false };
      let last = true;
      const over = (): void => {
        if (last) waiting.end();
      };
      standing.mayHaveArrived = false;
      try {
        const attempt = { outgoing, options: sendOptions, waiting, standing, over };
        const answer = await sendOnce(origin, attempt, expects, options, trace);
        if (!answer.expectationFailed || !isWorth(repeating, expectationFailed)) return answer.response;
        // RFC 9110 §10.1.1: a client that gets a 417 "SHOULD repeat that request without a 100-continue expectation".
        last = false;
        expects = false;
        await answer.response.body?.cancel();
      } catch (error) {
        const mayBe = mayTryAgain(outgoing, trace, standing, waiting);
        if (!mayBe || !isWorth(repeating, setbackOf(error))) {
          waiting.end();
          throw error;
        }
        if (trace.wantsHttp1) origin.useHttp1();
        else if (!trace.refused) origin.dropIdle();
      }
    }
  };

  return {
    send,
    close: async () => {
      closed = true;
      for (const origin of origins.values()) origin.close();
      origins.clear();
    },
  };
}

/** A 417, which says nothing of the request itself. */
const expectationFailed: Setback = { kind: "answer", cause: undefined, askedMs: 0 };

function isWorth(repeating: Repeating, setback: Setback): boolean {
  return repeating.judge(setback).kind === "again";
}

async function sendOnce(
  origin: Origin,
  given: Omit<Attempt, "timers" | "largestHeadBytes" | "continueWaitMs" | "expectContinue">,
  expects: boolean,
  options: RequesterOptions,
  trace: Trace,
): Promise<Answer> {
  const { outgoing, waiting } = given;
  const connection = await origin.connection(waiting.signal);
  const attempt: Attempt = {
    ...given,
    timers: options.timers ?? realTimers,
    largestHeadBytes: options.largestHeadBytes ?? 32 * 1024,
    continueWaitMs: options.continueWaitMs ?? 1000,
    expectContinue: expects && asksFirst(outgoing, connection.protocol),
  };
  if (connection.protocol === "h2") return await sendHttp2(attempt, connection.place, trace);
  if (!outgoing.safe) connection.pool.dropRested(unsafeRestMs);
  return await sendHttp1(attempt, connection.pool, origin.route, trace);
}

/**
 * Whether the request may be sent again without asking: where it is known that the first one did nothing; and a safe
 * one where a connection that was used before ended without a word. RFC 9110 §9.2.2: "A client SHOULD NOT
 * automatically retry a request with a non-idempotent method unless it has some means to know that the request
 * semantics are actually idempotent [...] or some means to detect that the original request was never applied." PUT,
 * DELETE and the like are idempotent, but not harmless: between two of ours somebody else's may have come. They are
 * not repeated here.
 */
function mayTryAgain(outgoing: Outgoing, trace: Trace, standing: Standing, waiting: Waiting): boolean {
  if (waiting.signal.aborted) return false;
  if (trace.contentBegun && outgoing.content?.repeatable === false) return false;
  return trace.refused || (trace.reused && outgoing.safe && standing.interims === 0);
}
