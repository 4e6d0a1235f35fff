/** The exchange whose request became an operation: it is told the news, and gets its handler's response, or another. */
import type { Exchange } from "@meanwhile/interim";
import type { Preferences } from "@meanwhile/interim/fields";
import { keepUnread } from "@meanwhile/interim/internal";
import type { Operation, Outcome } from "@meanwhile/operations";
import {
  accepted,
  interruptedOutcome,
  outcomeResponse,
  problemOutcome,
  stopping,
} from "../answers/answers.ts";
import { handlerIntent } from "../answers/recovery.ts";
import { answerSelected } from "../answers/send-answer.ts";
import { patienceMs } from "../answers/timeouts.ts";
import { type Foresight, foresee } from "../estimate/foresight.ts";
import { Delivery } from "../recording/delivery.ts";
import type { FacadeSocket } from "../recording/facade-socket.ts";
import type { Recording } from "../recording/recording.ts";
import type { ResponseHead } from "../recording/response-reader.ts";
import { allowanceOf, type Core, collectionUrl } from "../request/core.ts";
import { abortsWhenGone, mayRunAgain, type Settings } from "../request/options.ts";
import { pathOf, preferencesOf } from "../request/request-view.ts";
import type { StatusAnswer } from "../status/answer.ts";
import type { Presence } from "../waiting/delivery-tracker.ts";
import { type Waiting, waitFor } from "../waiting/interim-news.ts";
import { whenAborted, whenEnded } from "../waiting/listeners.ts";
import type { Reports } from "./reports.ts";
import { whenReceived } from "./when-received.ts";

export interface FirstExchangeOptions {
  readonly core: Core;
  readonly settings: Settings;
  readonly operation: Operation;
  readonly exchange: Exchange;
  readonly recording: Recording;
  /** What the handler's response writes to. */
  readonly facade: FacadeSocket;
  readonly reports: Reports;
  /** The pattern by which the framework found the handler, as soon as it is known. */
  readonly route: () => string | undefined;
  /** Tells the handler that its client has left, where it is to stop then. */
  readonly abort: () => void;
}

/** The exchange whose request became an operation. It is over with its first answer, or when its client leaves. */
export class FirstExchange {
  readonly delivery: Delivery;
  readonly #given: FirstExchangeOptions;
  readonly #statusUrl: string;
  #settings: Settings;
  readonly #preferences: Preferences;
  readonly #presence: Presence;
  #following: Waiting;
  /** It takes long, as far as is known of its route. */
  #takesLong = false;
  readonly #foresight: Foresight | undefined;
  /** Ends waiting: timers and listeners. */
  readonly #waits: (() => void)[] = [];
  /** It got an answer that was not the handler's. */
  #answered = false;
  #left = false;
  #aborted = false;

  /** Begins to wait for the operation. */
  constructor(given: FirstExchangeOptions) {
    this.#given = given;
    this.#settings = given.settings;
    const { core, settings, operation, exchange } = given;
    const { operations, attendance } = core;
    this.#preferences = preferencesOf(exchange.request);
    this.#statusUrl = collectionUrl(exchange.request, settings) + operation.id;
    this.#presence = attendance.attend(operation, exchange);
    this.#following = this.#follow();
    this.delivery = new Delivery(
      exchange,
      () => (this.#following.isLocated ? [["Link", `<${this.#statusUrl}>; rel="status"`]] : []),
      settings.warn,
    );
    this.#waits.push(
      whenEnded(operation, (outcome) => this.#end(outcome)),
      whenAborted(exchange.closed, () => this.#leave()),
      whenAborted(operations.abandoned, () => {
        void this.#answerKept((isKept) => stopping(isKept ? this.#statusUrl : undefined));
        // It never ends now, and nothing of it is to keep the process.
        this.#stopWaiting();
      }),
      operations.after(settings.deadlineMs, () => {
        given.reports.abort();
        given.recording.settle(problemOutcome(500, "The service did not answer within its deadline."));
      }),
    );
    this.#foresight = this.#foresee();
    const waitMs = patienceMs(this.#preferences);
    if (waitMs === undefined) return;
    this.#waits.push(
      operations.after(waitMs, () =>
        whenReceived(exchange, () =>
          this.#answerKept((isKept) => (isKept ? accepted(operation, this.#statusUrl) : undefined)),
        ),
      ),
    );
  }

  /** Whether its client knows of the operation, or can ask for it by a key. */
  get isTold(): boolean {
    return this.#answered || this.#following.sent > 0 || this.#given.operation.key !== undefined;
  }

  /** Its client has left, and its handler was told to stop. */
  get isAborted(): boolean {
    return this.#aborted;
  }

  /** The exchange that began the operation. */
  get exchange(): Exchange {
    return this.#given.exchange;
  }

  /** Whether somebody cancelled the operation, and its handler has not ended yet. */
  get isCancelling(): boolean {
    return this.#given.operation.state === "cancelling";
  }

  /** Its route has other settings than were known before. */
  refine(settings: Settings): void {
    const again = mayRunAgain(settings, this.#method);
    const changed = again !== mayRunAgain(this.#settings, this.#method);
    this.#settings = settings;
    // What is recorded says otherwise. Until it is recorded anew, it errs on the side of not running twice.
    if (changed && this.isTold) this.#given.reports.intend(handlerIntent(again), settings.warn);
    this.#followAnew();
  }

  /** The handler has begun its final response. */
  head(head: ResponseHead): void {
    this.#stopInterims();
    this.delivery.head(head);
    if (this.#left && !this.#aborted) this.#expectEnd();
  }

  #follow(): Waiting {
    const { core, operation, exchange } = this.#given;
    const { pacing, expectsMs } = this.#settings;
    const { afterMs, everyMs } = pacing;
    const takesLong = expectsMs > 0 ? expectsMs >= afterMs : this.#takesLong;
    return waitFor(operation, exchange, {
      operations: core.operations,
      pacer: core.pacer,
      // What is expected to take long is told so at once: RFC 2518 §10.1, "reasonable expectation".
      pacing: { afterMs: takesLong ? 0 : afterMs, everyMs },
      allowance: allowanceOf(exchange, this.#preferences, this.#settings),
      asked: this.#preferences.processing,
      statusUrl: () => this.#statusUrl,
    });
  }

  #followAnew(): void {
    if (this.#following.sent > 0 || !this.delivery.isUntouched || this.#answered || this.#left) return;
    this.#following.stop();
    this.#following = this.#follow();
  }

  #foresee(): Foresight | undefined {
    const { core, exchange, route } = this.#given;
    const { estimator, clock, operations } = core;
    if (estimator === undefined) return undefined;
    return foresee({
      estimator,
      exchange,
      route: () => `${this.#method} ${route() ?? pathOf(exchange.request)}`,
      clock,
      after: operations.after,
      expected: (ms) => {
        this.#takesLong = ms >= this.#settings.pacing.afterMs;
        if (this.#takesLong) this.#followAnew();
      },
    });
  }

  /** Tells where to ask for the operation only once it is recorded. */
  async #answerKept(answerOf: (isKept: boolean) => StatusAnswer | undefined): Promise<void> {
    const { core, operation } = this.#given;
    const answer = answerOf(await core.operations.keep(operation));
    if (answer !== undefined) this.#answer(answer);
  }

  /** Answers with something else than the handler's response, which goes on. */
  #answer(answer: StatusAnswer): void {
    const { core, operation, exchange } = this.#given;
    if (this.#answered || !this.delivery.isUntouched || exchange.state !== "waiting") return;
    this.#answered = true;
    this.#stopInterims();
    this.delivery.stop();
    keepContent(exchange);
    void answerSelected(exchange, answer);
    const isAccepted = answer.status === 202;
    if (isAccepted) core.observer.accepted(operation);
    this.#presence.answered(isAccepted ? "place" : "less");
  }

  #end(outcome: Outcome): void {
    const { operation, exchange, recording, facade } = this.#given;
    const { delivery } = this;
    this.#stopInterims();
    this.#stopWaiting();
    if (operation.state === "finished" && outcome.status < 500) this.#foresight?.learn();
    if (!this.#answered && !this.#left) {
      if (recording.isComplete) delivery.end();
      else if (delivery.isFlowing) delivery.breakOff();
      else {
        delivery.stop();
        void answerSelected(
          exchange,
          outcomeResponse(outcome, this.#following.isLocated ? this.#statusUrl : undefined),
        );
      }
      this.#presence.answered("outcome");
    }
    // What the handler still writes has nowhere to go.
    if (!recording.isComplete) facade.destroy();
  }

  #leave(): void {
    this.#left = true;
    this.#given.core.observer.left(this.#given.operation);
    this.delivery.stop();
    this.#stopInterims();
    const { core, operation } = this.#given;
    const isAlone = core.attendance.isDeserted(operation.id);
    if (isAlone && abortsWhenGone(this.#settings, this.#method)) this.#abort();
    else if (this.#given.recording.begun) this.#expectEnd();
  }

  /** The handler has a while to end, and what it ends with is kept. */
  #abort(): void {
    this.#aborted = true;
    this.#given.reports.abort();
    this.#given.abort();
    this.#expectEnd();
  }

  /** A head was written, nobody is there to read on, and the handler may never notice: it has a while to end. */
  #expectEnd(): void {
    const { core, recording, reports } = this.#given;
    this.#waits.push(
      core.operations.after(this.#settings.endWithinMs, () => {
        reports.giveUp();
        recording.settle(interruptedOutcome(mayRunAgain(this.#settings, this.#method)));
      }),
    );
  }

  #stopWaiting(): void {
    this.#foresight?.stop();
    for (const stop of this.#waits.splice(0)) stop();
  }

  #stopInterims(): void {
    this.#following.stop();
  }

  get #method(): string {
    return this.#given.exchange.request.method ?? "GET";
  }
}

/** Node throws away what nobody has read of a request when it is answered; a handler that goes on may still read it. */
function keepContent({ request }: Exchange): void {
  if (!("stream" in request) && request.complete) keepUnread(request);
}
