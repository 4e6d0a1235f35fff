/** Gets the final response to a request, whatever happens on the way. */
import type { ConnectionError } from "../error/connection-error.ts";
import { CancelledError, OutcomeUnknownError } from "../error/operation-error.ts";
import { policies } from "../repeat/policies.ts";
import { mostOfStrangers, Repeating } from "../repeat/repeating.ts";
import { isForLater, isPassing, isReplay, notReady, type Setback, setbackOf } from "../repeat/setback.ts";
import { discard } from "../send/bounded-text.ts";
import { monitorOf } from "../status/accepted.ts";
import { keepsAnswerTo } from "../status/announcement.ts";
import type { MonitorKind } from "../status/monitor.ts";
import { ownReference, statusLink } from "../status/own-reference.ts";
import { refusal } from "../status/refusal.ts";
import type { StatusDocument } from "../status/status-document.ts";
import { follow } from "./follow.ts";
import { type LongWait, NoSignOfLife } from "./long-wait.ts";
import type { PlannedRequest } from "./planned-request.ts";
import { recordedOutcome } from "./recorded-outcome.ts";
import { askOptions } from "./server-memory.ts";
import { standing } from "./standing.ts";

type Step =
  | { readonly kind: "final"; readonly response: Response }
  | { readonly kind: "follow"; readonly url: URL; readonly expected: MonitorKind }
  /** `instead`: what to end with where there is no coming back. */
  | { readonly kind: "again"; readonly setback: Setback; readonly instead?: Response };

/** Most 202s that lead to one another. */
const mostAccepted = 5;

/**
 *                       final response
 *     sending ─────────────────────────────────▶ ended
 *      ▲   │     202; or lost, and the status document is known         its outcome
 *      │   ├───────▶ following ────────────────────────────────────────▶ ended
 *      │   │            │ it is not there any more, or was interrupted
 *      │   │ lost       ▼
 *      │   └───────▶ may it be sent again? ── no ──▶ OutcomeUnknownError
 *      └─────────────── yes
 */
export class Obtaining {
  readonly #wait: LongWait;
  readonly #request: PlannedRequest;
  /** Why the request may have been carried out, without anybody knowing; undefined: it has not. */
  #doubt: unknown;
  /** Whether the server keeps the answer to this request, as it has said since the request began; undefined: not asked. */
  #announced: boolean | undefined;
  /** The server may have ended while it carried the request out, so that what it says to the same one again may be due to that. */
  #mayRunTwice = false;
  #setbacks = 0;
  readonly #repeating: Repeating;
  #accepted = 0;
  /** What is at the wait's URL: a status document, unless a 202 led there. */
  #monitor: MonitorKind = "document";

  constructor(wait: LongWait, request: PlannedRequest) {
    this.#wait = wait;
    this.#request = request;
    this.#repeating = new Repeating(policies.request);
  }

  /**
   * @throws {ConnectionError} where there is no response, and the request did not arrive or changes nothing
   * @throws {OutcomeUnknownError} where it may have arrived, and nobody can say what became of it
   * @throws {CancelledError}
   * @throws {HttpError} where the server refuses to tell how the operation stands
   */
  async response(): Promise<Response> {
    return this.#untilFinal(await this.#exchange());
  }

  /** Gets the final response once more, whose content was lost. */
  async onceMore(lost: ConnectionError): Promise<Response> {
    const known = this.#wait.url;
    const step = this.#lost(lost);
    if (step.kind === "follow" && known !== undefined) {
      if (!this.#mayRepeat(setbackOf(lost))) throw this.#unknown(lost);
      await this.#comeBack(setbackOf(lost));
    }
    return this.#untilFinal(step);
  }

  async #untilFinal(first: Step): Promise<Response> {
    let step = first;
    for (;;) {
      switch (step.kind) {
        case "final":
          return step.response;
        case "follow":
          step = await this.#follow(step.url, step.expected);
          break;
        case "again":
          step = await this.#again(step.setback, step.instead);
          break;
      }
    }
  }

  async #exchange(): Promise<Step> {
    try {
      return await this.#settle(await this.#request.send(this.#wait));
    } catch (error) {
      if (isPassing(error)) return this.#lost(error);
      throw error;
    }
  }

  #lost(error: ConnectionError): Step {
    const { memory, hidesInterims } = this.#wait.context;
    this.#setbacks += 1;
    if (error.mayHaveArrived) this.#doubt ??= error;
    // A hop that breaks interim responses is left in peace; what is malformed without them stays so.
    if (error.code === "malformed" && memory.interimsBreak) throw this.#unknown(error);
    if (error.code === "malformed" || error.interims > 0) memory.interimsBreak = true;
    // Somebody was there, and went; where nobody listens from the start, nobody is expected. Fetch cannot tell these apart.
    const wasThere = error.code === "lost" && hidesInterims !== true && this.#setbacks <= mostOfStrangers;
    if (!this.#wait.met && !wasThere) throw error;
    const { url } = this.#wait;
    if (url !== undefined) return { kind: "follow", url, expected: this.#monitor };
    return { kind: "again", setback: setbackOf(error) };
  }

  async #settle(response: Response): Promise<Step> {
    const { status } = response;
    const { url } = this.#wait;
    if (status === 202) return this.#accept(response);
    if (isForLater(response)) return this.#unavailable(response);
    // Neither says what became of the first one: no credentials, or not the same request.
    const isBeside = status === 401 || status === 407 || status === 422;
    if (
      isBeside &&
      this.#doubt !== undefined &&
      statusLink(response.headers, this.#request.url) === undefined
    ) {
      throw this.#unknown(await refusal(this.#request.method, this.#request.url, response));
    }
    // "If-None-Match: *" does not hold any more, once the content is there.
    if (status === 412 && this.#mayRunTwice) {
      throw this.#unknown(await refusal(this.#request.method, this.#request.url, response));
    }
    const tellsOfEnd = status === 409 || status >= 500 || (status >= 400 && this.#wait.stopped);
    if (!tellsOfEnd || url === undefined) return { kind: "final", response };
    const document = await standing(this.#wait, url);
    if (document?.state !== "cancelled" && document?.state !== "interrupted")
      return { kind: "final", response };
    discard(response);
    return this.#ended(document, url);
  }

  #accept(response: Response): Step {
    const monitor = monitorOf(response, this.#request.url);
    this.#accepted += 1;
    if (monitor === undefined || this.#accepted > mostAccepted) return { kind: "final", response };
    discard(response);
    this.#wait.alive();
    this.#wait.url = monitor.url;
    this.#monitor = monitor.expected;
    return { kind: "follow", ...monitor };
  }

  async #unavailable(response: Response): Promise<Step> {
    const { safe, mayRepeat, method, url: target } = this.#request;
    if (keepsAnswerTo(method, response.headers)) this.#announced = true;
    const keeps = this.#keeps ?? (await this.#keepsNow());
    if (!keeps && !(this.#setbacks > 0 && (safe || mayRepeat))) return { kind: "final", response };
    this.#setbacks += 1;
    // Of a server that keeps answers: it was interrupted, and what is sent again runs anew.
    if (response.status === 503 && this.#doubt !== undefined) this.#mayRunTwice = true;
    // A server that stops says where the operation goes on.
    const place =
      response.status === 503 ? ownReference(response.headers.get("location"), target) : undefined;
    if (keeps) this.#wait.url ??= place;
    const { url } = this.#wait;
    if (url === undefined) {
      const cause = `${target.host} answered ${response.status}`;
      return { kind: "again", setback: notReady(response, new Error(cause)), instead: response };
    }
    discard(response);
    return { kind: "follow", url, expected: this.#monitor };
  }

  async #follow(url: URL, expected: MonitorKind): Promise<Step> {
    try {
      const ending = await follow(this.#wait, url, expected);
      switch (ending.kind) {
        case "response":
          return { kind: "final", response: ending.response };
        case "cancelled":
          throw new CancelledError(this.#wait.url);
        case "document":
          return await this.#ended(ending.document, ending.url);
        case "gone":
          return this.#lostSight(ending.cause);
      }
    } catch (error) {
      throw error instanceof NoSignOfLife ? this.#unknown(error.cause) : error;
    }
  }

  /** What was forgotten may be done, and would be done again. */
  #lostSight(cause: unknown): Step {
    const { safe, mayRepeat } = this.#request;
    this.#doubt ??= cause;
    const setback: Setback = { kind: "answer", cause, askedMs: 0 };
    const again = this.#mayRepeat(setback) && (safe || mayRepeat);
    if (!again) throw this.#unknown(cause);
    this.#wait.url = undefined;
    this.#monitor = "document";
    return { kind: "again", setback };
  }

  async #ended(document: StatusDocument, url: URL): Promise<Step> {
    // What has a status document has an answer that is kept.
    this.#announced = true;
    this.#wait.context.memory.learn({ headers: new Headers({ Operations: "1" }) });
    if (document.state === "cancelled") throw new CancelledError(url);
    const response = await recordedOutcome(this.#wait, document, url);
    // A recorded 503 is no answer: the same request runs anew, and its key with it.
    const runsAnew = response.status === 503 && !isReplay(response.headers);
    const interrupted = document.state === "interrupted";
    if (!interrupted && !runsAnew) return { kind: "final", response };
    const { repeatable, repeatsItself, method, url: target } = this.#request;
    const again = this.#mayRepeat(notReady(response, undefined)) && repeatable && (runsAnew || repeatsItself);
    if (!again && !interrupted) return { kind: "final", response };
    const cause = await refusal(method, target, response);
    this.#doubt ??= interrupted ? cause : undefined;
    if (!again) throw this.#unknown(cause);
    if (interrupted) this.#mayRunTwice = true;
    if (!runsAnew) this.#request.renewKey();
    this.#wait.url = undefined;
    this.#monitor = "document";
    return { kind: "again", setback: notReady(response, cause) };
  }

  async #again(setback: Setback, instead?: Response): Promise<Step> {
    const { cause } = setback;
    if (instead === undefined) {
      const response = await this.#resumed(cause);
      if (response !== undefined) return { kind: "final", response };
    }
    if (!(await this.#mayBeSentAgain(setback))) {
      // Nothing else went wrong before: then the response says that it was not done.
      if (instead && this.#doubt === undefined) return { kind: "final", response: instead };
      if (instead) discard(instead);
      throw this.#unknown(cause);
    }
    try {
      await this.#wait.comeBack(setback);
    } catch (error) {
      if (!(error instanceof NoSignOfLife)) throw error;
      if (instead && this.#doubt === undefined) return { kind: "final", response: instead };
      throw this.#unknown(error.cause);
    }
    if (instead) discard(instead);
    return this.#exchange();
  }

  /** Where nothing has arrived, or the server keeps answers, the request itself is sent again. */
  async #resumed(loss: unknown): Promise<Response | undefined> {
    if (this.#doubt === undefined || this.#keeps === true) return undefined;
    try {
      return await this.#request.resume(this.#wait, loss);
    } catch (error) {
      throw error instanceof NoSignOfLife ? this.#unknown(error.cause) : error;
    }
  }

  async #mayBeSentAgain(setback: Setback): Promise<boolean> {
    const { safe, mayRepeat, repeatable } = this.#request;
    if (!repeatable) return false;
    if (safe || mayRepeat) {
      // Patience is at its end, and nothing is there that could be come back to.
      const isIdle = setback.kind === "connection" && setback.cause.code === "idle";
      return !(isIdle && this.#keeps !== true) && this.#mayRepeat(setback);
    }
    if (this.#doubt === undefined) return true;
    for (;;) {
      try {
        return this.#keeps ?? (await this.#askWhetherKept());
      } catch (error) {
        if (this.#wait.signal.aborted) throw this.#wait.signal.reason;
        if (!isPassing(error)) throw this.#unknown(error);
        await this.#comeBack(setbackOf(error));
      }
    }
  }

  /**
   * Whether the server keeps the answer to this request, as far as that is known: by what it has said since the request
   * began, or by an earlier answer for the same method and URL. What it said of others does not count.
   */
  get #keeps(): boolean | undefined {
    const earlier = this.#wait.context.memory.keepsAnswers(this.#request) ? true : undefined;
    return this.#announced ?? earlier;
  }

  /** Asks by OPTIONS of the request's own URL. @throws {ConnectionError} where the server cannot be asked now */
  async #askWhetherKept(): Promise<boolean> {
    const { context, identity, signal } = this.#wait;
    const { method, url } = this.#request;
    const response = await askOptions(context.send, url, identity, signal);
    context.memory.learn(response);
    const keeps = keepsAnswerTo(method, response.headers);
    // A refusal says nothing for later.
    if (keeps || response.ok) this.#announced = keeps;
    return keeps;
  }

  /** Whether the server is known to keep the answer, if it can be asked now. */
  async #keepsNow(): Promise<boolean> {
    try {
      return await this.#askWhetherKept();
    } catch (error) {
      if (this.#wait.signal.aborted) throw this.#wait.signal.reason;
      if (isPassing(error)) return false;
      throw error;
    }
  }

  async #comeBack(setback: Setback): Promise<void> {
    try {
      await this.#wait.comeBack(setback);
    } catch (error) {
      throw error instanceof NoSignOfLife ? this.#unknown(error.cause) : error;
    }
  }

  /** Whether the request was not sent often enough. */
  #mayRepeat(setback: Setback): boolean {
    return this.#repeating.judge(setback).kind === "again";
  }

  /** What to say where there is no final response. */
  #unknown(cause: unknown): unknown {
    if (this.#request.safe || this.#doubt === undefined) return cause;
    return new OutcomeUnknownError(this.#request.method, this.#request.url, cause);
  }
}
