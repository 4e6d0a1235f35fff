/** One selected request, from its arrival to the end of its handler's response. */
import type { ServerResponse } from "node:http";
import { Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { type AnyRequest, type AnyResponse, type Exchange, openExchange } from "@meanwhile/interim";
import { parsePrefer } from "@meanwhile/interim/fields";
import type { Operation, Outcome, RepetitionKey, Work } from "@meanwhile/operations";
import { whenAborted, whenEnded } from "../listeners.ts";
import { Delivery } from "../recording/delivery.ts";
import { detachedResponse } from "../recording/detached-response.ts";
import { FacadeSocket } from "../recording/facade-socket.ts";
import { moveResponse } from "../recording/move-response.ts";
import { Recording, type RecordingListener } from "../recording/recording.ts";
import type { FieldLine, ResponseHead } from "../recording/response-reader.ts";
import type { StatusAnswer } from "../status-answer.ts";
import { waitFor } from "../waiting.ts";
import { accepted, outcomeResponse, problemOutcome, stopping } from "./answers.ts";
import { allowanceOf, type Core, collectionUrl } from "./core.ts";
import type { HandlerOperation } from "./handler-operation.ts";
import { isSafe, type Settings } from "./options.ts";
import { patienceMs } from "./patience.ts";
import { requestTarget } from "./request-view.ts";
import { sendAnswer } from "./send-answer.ts";
import { whenReceived } from "./when-received.ts";

/** What there is once the request is an operation. */
interface Begun {
  readonly operation: Operation;
  readonly exchange: Exchange;
  readonly recording: Recording;
  readonly delivery: Delivery;
  readonly facade: FacadeSocket;
  /** Ends waiting: timers and listeners. */
  readonly waits: (() => void)[];
  /** Ends interim responses. @returns how many were sent */
  readonly stopInterims: () => number;
}

export class Handling implements HandlerOperation {
  settings: Settings;
  readonly request: AnyRequest;
  /** The handler's. On HTTP/2 another one than the connection's once the operation has begun. */
  response: ServerResponse;
  readonly #core: Core;
  readonly #wire: AnyResponse;
  #progress: readonly [number, number | undefined, string | undefined] | undefined;
  #controller: AbortController | undefined;
  #aborted = false;
  #work: Work | undefined;
  #begun: Begun | undefined;
  /** Its client has left, or got an answer that was not the handler's. */
  #answered = false;
  #left = false;
  #interims = 0;

  constructor(core: Core, settings: Settings, request: AnyRequest, response: AnyResponse) {
    this.#core = core;
    this.settings = settings;
    this.request = request;
    this.#wire = response;
    this.response = response as ServerResponse;
  }

  get id(): string | undefined {
    return this.#begun?.operation.id;
  }

  get statusUrl(): string | undefined {
    const id = this.id;
    return id === undefined ? undefined : collectionUrl(this.request, this.settings) + id;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort();
      else if (this.#work) whenAborted(this.#work.signal, () => this.#abort());
    }
    return this.#controller.signal;
  }

  progress(done: number, total?: number, remark?: string): void {
    if (this.#work) this.#work.progress(done, total, remark);
    else this.#progress = [done, total, remark];
  }

  bytes(done: number, total: number): void {
    this.#work?.bytes(done, total);
  }

  result(status: number, uri: string): void {
    this.#work?.result(status, uri);
  }

  /** Whether its handler has given an answer, or its client has left, before it became an operation. */
  get isOver(): boolean {
    const { response } = this;
    return this.#begun !== undefined || response.headersSent || response.writableEnded || response.destroyed;
  }

  /**
   * Makes it an operation.
   *
   * @returns resolves when the handler may run: false where it must not, and the answer is given
   * @throws {OperationLimitError} {@link OperationKeyError} where no operation may start; nothing was changed
   */
  begin(key?: RepetitionKey): Promise<boolean> {
    const { request } = this;
    const recording = new Recording({
      listener: this.#listener(),
      isFinal: () => this.response.headersSent,
      limit: () => this.#limit(),
    });
    let run: (go: boolean) => void = () => undefined;
    const mayRun = new Promise<boolean>((resolve) => {
      run = resolve;
    });
    const operation = this.#core.operations.start(
      {
        kind: request.method ?? "GET",
        target: new URL(requestTarget(request), collectionUrl(request, this.settings)).href,
        principal: this.settings.principal(request),
      },
      (work) => {
        this.#takeWork(work);
        run(true);
        return recording.outcome;
      },
      (error) => {
        run(false);
        this.settings.warn(`an operation could not begin: ${String(error)}`);
        return {
          ...problemOutcome(503, "The request could not be recorded; nothing was done."),
          fields: { "Content-Type": "application/problem+json", "Retry-After": "5" },
        };
      },
      key ? { key } : {},
    );
    const facade = new FacadeSocket(socketOf(request), recording);
    const wire = this.#moveTo(facade);
    if (wire === undefined) {
      // It was answered, or left, in this very moment.
      recording.settle(problemOutcome(500, "The response had begun, or was broken off."));
      return mayRun;
    }
    this.response.once("finish", () => recording.finish());
    this.#wait(operation, openExchange(request, wire), recording, facade);
    return mayRun;
  }

  /** The handler threw. */
  fail(error: unknown): void {
    this.settings.warn(`a handler failed: ${String(error)}`);
    const { response } = this;
    const outcome =
      this.#controller?.signal.aborted && this.#begun?.operation.state === "cancelling"
        ? problemOutcome(409, "The operation was cancelled.")
        : problemOutcome(500, "The service failed to answer.");
    if (this.#begun) {
      if (this.#begun.recording.begun) response.destroy();
      else this.#settle(outcome);
    } else if (response.headersSent) response.destroy();
    else {
      for (const name of response.getHeaderNames()) response.removeHeader(name);
      response.writeHead(outcome.status, { "Content-Type": "application/problem+json" });
      response.end(outcome.content);
    }
  }

  #moveTo(facade: FacadeSocket): AnyResponse | undefined {
    if (this.request instanceof Http2ServerRequest) {
      const wire = this.#wire as Http2ServerResponse;
      this.response = detachedResponse(this.request, facade);
      for (const [name, value] of Object.entries(wire.getHeaders())) {
        if (value !== undefined && !name.startsWith(":")) this.response.setHeader(name, value);
      }
      return wire;
    }
    return moveResponse(this.request, this.response, facade);
  }

  #wait(operation: Operation, exchange: Exchange, recording: Recording, facade: FacadeSocket): void {
    const { operations, pacer, attendance } = this.#core;
    const { settings, request } = this;
    const preferences = parsePrefer(request.headers["prefer"]);
    const statusUrl = collectionUrl(request, settings) + operation.id;
    const { afterMs, everyMs } = settings.pacing;
    attendance.attend(operation, exchange);
    const following = waitFor(operation, exchange, {
      operations,
      pacer,
      // What is expected to take long is told so at once: RFC 2518 §10.1, "reasonable expectation".
      pacing: { afterMs: settings.expectsMs > 0 && settings.expectsMs >= afterMs ? 0 : afterMs, everyMs },
      allowance: allowanceOf(exchange, settings),
      asked: preferences.processing,
      statusUrl,
    });
    const waits: (() => void)[] = [];
    const delivery = new Delivery(exchange, () =>
      this.#interims > 0 ? [["Link", `<${statusUrl}>; rel="status"`]] : [],
    );
    const begun: Begun = {
      operation,
      exchange,
      recording,
      delivery,
      facade,
      waits,
      stopInterims: () => {
        following.stop();
        this.#interims = following.sent;
        return following.sent;
      },
    };
    this.#begun = begun;
    waits.push(
      whenEnded(operation, (outcome) => this.#end(begun, outcome)),
      whenAborted(exchange.closed, () => this.#leave(begun)),
      whenAborted(operations.abandoned, () => this.#answer(begun, stopping(statusUrl))),
      operations.after(settings.deadlineMs, () => {
        this.#abort();
        this.#settle(problemOutcome(500, "The service did not answer within its deadline."));
      }),
    );
    const waitMs = patienceMs(preferences);
    if (waitMs === undefined) return;
    waits.push(
      operations.after(waitMs, () =>
        whenReceived(exchange, () => this.#answer(begun, accepted(operation, statusUrl))),
      ),
    );
  }

  /** Answers with something else than the handler's response, which goes on. */
  #answer(begun: Begun, answer: StatusAnswer): void {
    const { operation, exchange, delivery } = begun;
    if (this.#answered || !delivery.isUntouched || exchange.state !== "waiting") return;
    this.#answered = true;
    begun.stopInterims();
    this.#core.operations.keep(operation);
    delivery.stop();
    keepContent(this.request);
    void sendAnswer(exchange, answer);
    this.#core.attendance.answered(operation, exchange, answer.status === 202);
  }

  #end(begun: Begun, outcome: Outcome): void {
    const { operation, exchange, recording, delivery, waits, facade } = begun;
    begun.stopInterims();
    for (const stop of waits.splice(0)) stop();
    if (!this.#answered && !this.#left) {
      if (recording.isComplete) delivery.end();
      else if (delivery.isFlowing) delivery.breakOff();
      else {
        delivery.stop();
        const url = collectionUrl(this.request, this.settings) + operation.id;
        void sendAnswer(exchange, outcomeResponse(outcome, this.#interims > 0 ? url : undefined));
      }
      this.#core.attendance.answered(operation, exchange, true);
    }
    // What the handler still writes has nowhere to go.
    if (!recording.isComplete) facade.destroy();
  }

  #leave(begun: Begun): void {
    this.#left = true;
    begun.delivery.stop();
    begun.stopInterims();
    if (isSafe(this.request.method ?? "GET")) this.#abort();
    if (begun.recording.begun) this.#expectEnd(begun);
  }

  /** A head was written, nobody is there to read on, and the handler may never notice: it has a while to end. */
  #expectEnd({ waits }: Begun): void {
    waits.push(
      this.#core.operations.after(this.settings.endWithinMs, () => {
        const again = this.settings.idempotent ?? isIdempotent(this.request.method ?? "GET");
        this.#settle(
          problemOutcome(
            500,
            "The operation was interrupted: nobody knows what became of it.",
            again ? "The request may be sent again." : undefined,
          ),
        );
      }),
    );
  }

  #settle(outcome: Outcome): void {
    this.#begun?.recording.settle(outcome);
  }

  #abort(): void {
    this.#aborted = true;
    this.#controller?.abort();
  }

  #takeWork(work: Work): void {
    this.#work = work;
    if (this.#progress) work.progress(...this.#progress);
    if (this.#controller) whenAborted(work.signal, () => this.#abort());
  }

  #limit(): number {
    const { heldBytes, keptBytes } = this.settings.limits;
    // Whoever was told, or has a key, may ask for it; of all others it is only held in case that it is lost.
    const kept = this.#answered || this.#interims > 0 || this.#begun?.operation.key !== undefined;
    return kept ? keptBytes : heldBytes;
  }

  #listener(): RecordingListener {
    const delivery = (): Delivery | undefined => this.#begun?.delivery;
    return {
      interim: (head) => this.#passInterim(head),
      head: (head) => {
        const begun = this.#begun;
        if (!begun) return;
        begun.stopInterims();
        begun.delivery.head(head);
        if (this.#left) this.#expectEnd(begun);
      },
      content: (chunk) => delivery()?.content(chunk),
      trailers: (fields) => delivery()?.trailers(fields),
      whenReady: (done) => {
        const passing = delivery();
        if (passing) passing.whenReady(done);
        else done();
      },
      complete: () => delivery()?.complete(),
      brokenOff: () => this.#settle(problemOutcome(500, "The response was broken off.")),
    };
  }

  #passInterim({ status, fields }: ResponseHead): void {
    const begun = this.#begun;
    // 102s are ours to pace.
    if (!begun || status === 102) return;
    try {
      begun.exchange.interim(status, grouped(fields));
    } catch (error) {
      this.settings.warn(`an interim response was not sent: ${String(error)}`);
    }
  }
}

function grouped(fields: readonly FieldLine[]): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const [name, value] of fields) groups[name] = [...(groups[name] ?? []), value];
  return groups;
}

function socketOf(request: AnyRequest): AnyRequest["socket"] {
  return request instanceof Http2ServerRequest
    ? (request.stream.session?.socket ?? request.socket)
    : request.socket;
}

/** RFC 9110 §9.2.2. */
function isIdempotent(method: string): boolean {
  return isSafe(method) || method === "PUT" || method === "DELETE";
}

/** Node throws away what nobody has read of a request when it is answered; a handler that goes on may still read it. */
function keepContent(request: AnyRequest): void {
  if (!("stream" in request) && request.complete) Reflect.set(request, "_consuming", true);
}
