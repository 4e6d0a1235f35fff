import { isPassing } from "../repeat/setback.ts";
import type { Surroundings } from "../repeat/surroundings.ts";
import type { Patience, RequestContent, Send } from "../send/send.ts";
import type { LongRequest } from "./long-request.ts";
import { openLongRequest } from "./long-request-handle.ts";
import { Obtaining } from "./obtaining.ts";
import { PlannedRequest } from "./planned-request.ts";
import type { ResumeUpload } from "./resume-upload.ts";

/** What is known of one origin, kept as long as the client. */
export interface ServerMemory {
  /**
   * Whether some response has said that there are operations, as in `DAV` or `Operations`; undefined where that is not
   * known. A request may say then that it would rather have a 202. It is no leave to send one again: of other methods and
   * other URLs it says nothing.
   */
  readonly hasOperations: boolean | undefined;
  /**
   * The same; asks by OPTIONS where it is not known.
   *
   * @throws {ConnectionError} where the server cannot be asked now
   */
  findOperations(signal?: AbortSignal): Promise<boolean>;
  /** Whether the last answer to a request of that method and URL has said that such answers are kept. */
  keepsAnswers(request: { readonly method: string; readonly url: URL }): boolean;
  /** Takes notice of the final response to that request. */
  learnAnswer(
    request: { readonly method: string; readonly url: URL },
    response: Pick<Response, "status" | "headers">,
  ): void;
  /** It has answered before: where nobody listens, it is expected to come back. */
  readonly answered: boolean;
  /** Takes notice of what a response says of its server. */
  learn(response: { readonly headers: Headers }): void;
  /** A hop on the way loses what follows an interim response: from now on none is asked for. */
  interimsBreak: boolean;
}

export interface LongRequestContext {
  /** Credentials are its own business. */
  readonly send: Send;
  readonly memory: ServerMemory;
  readonly surroundings: Surroundings;
  /**
   * What sends hides interim responses, and does not tell a lost connection from one that never was, as `fetch` does. Then
   * the server is asked whether it keeps answers before the first unsafe request, which prefers a 202 if it does. Default:
   * no.
   */
  readonly hidesInterims?: boolean;
  /** How long to try to come back while there is no sign of life, in milliseconds. Default: 15 minutes. */
  readonly comebackMs?: number;
}

/** A request that may take long, and how to read its end. */
export interface LongRequestPlan<Outcome> extends Patience {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly content?: RequestContent;
  readonly idempotencyKey?: string;
  readonly repeat?: boolean;
  /** Tried after a lost connection before the request is sent again, if the server is not known to keep its answer. */
  readonly resume?: ResumeUpload;
  /** Makes the outcome of a final response, whatever its status; throws what the outcome shall reject with. */
  read(response: Response): Promise<Outcome>;
}

/**
 * Starts it at once.
 *
 * @throws {TypeError} `ERR_IDEMPOTENCY_KEY` for a key that cannot be one
 */
export type StartLongRequest = <Outcome>(
  context: LongRequestContext,
  plan: LongRequestPlan<Outcome>,
) => LongRequest<Outcome>;

/**
 * Sends a request and stays with it to its end: through 102s, a 202, lost connections, proxies that give up, and
 * restarts of the server.
 *
 * An unsafe request is sent again only with its Idempotency-Key and only where the server has said that it keeps the
 * answers to requests of that method and URL, where nothing of it can have arrived, or where the plan says `repeat`. Once the outcome has settled, neither
 * the patience nor `detach()` ends the content of a response that `read` has passed on: cancel that.
 */
export const startLongRequest: StartLongRequest = (context, plan) => {
  const request = new PlannedRequest(plan, () => context.surroundings.newKey());
  const { idleTimeoutMs, timeoutMs, signal } = plan;
  return openLongRequest(context, {
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
    stage: request.stage,
    async run(wait) {
      wait.identity = request.identity;
      const obtaining = new Obtaining(wait, request);
      let response = await obtaining.response();
      for (;;) {
        try {
          return await plan.read(response);
        } catch (error) {
          // Its content was lost on the way.
          if (wait.signal.aborted || !isPassing(error)) throw error;
          response = await obtaining.onceMore(error);
        }
      }
    },
  });
};
