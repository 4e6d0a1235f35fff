/** One selected request, from its arrival to the end of its handler's response. */
import type { ServerResponse } from "node:http";
import { Http2ServerRequest } from "node:http2";
import { type AnyRequest, type AnyResponse, type Exchange, openExchange } from "@meanwhile/interim";
import { type Operation, OperationKeyError, type Outcome, type RepetitionKey } from "@meanwhile/operations";
import { interruptedOutcome, problemOutcome } from "../answers/answers.ts";
import { closeFieldsBefore } from "../answers/fields-before.ts";
import { handlerIntent } from "../answers/recovery.ts";
import { detachResponse } from "../detaching/detached-response.ts";
import { handlersSocket } from "../detaching/handlers-socket.ts";
import { holdContent, holdContentOfStream } from "../detaching/hold-content.ts";
import { ignoreLateInterims } from "../detaching/late-interims.ts";
import { moveResponse } from "../detaching/move-response.ts";
import type { Arrival } from "../observe/observer.ts";
import { Delivery } from "../recording/delivery.ts";
import { FacadeSocket } from "../recording/facade-socket.ts";
import { isInjected } from "../recording/injected.ts";
import { Recording, type RecordingListener } from "../recording/recording.ts";
import type { FieldLine, ResponseHead } from "../recording/response-reader.ts";
import { type Core, collectionUrl, targetUrl } from "../request/core.ts";
import { type HandlerOperation, operationOf } from "../request/handler-operation.ts";
import { keepsByStatus, mayRunAgain, type RouteOptions, refined, type Settings } from "../request/options.ts";
import { routeOf } from "../request/request-view.ts";
import { whenAborted } from "../waiting/listeners.ts";
import { FirstExchange } from "./first-exchange.ts";
import { Reports } from "./reports.ts";

/** A handler's response that is off its connection. */
interface Writing {
  /** Of the connection. */
  readonly exchange: Exchange;
  readonly facade: FacadeSocket;
  readonly recording: Recording;
}

/** What nobody sees: the exchange joins the operation that has the key. */
const keyIsTaken: Outcome = { status: 409, fields: {}, content: "", runsAnew: true };

/** A selected request: its handler's response, and the operation that it becomes. It decides where what is written goes. */
export class Handling implements HandlerOperation {
  settings: Settings;
  readonly request: AnyRequest;
  /** The handler's. On HTTP/2 another one than the connection's once it is told to run. */
  response: ServerResponse;
  readonly #core: Core;
  readonly #wire: AnyResponse;
  #reported: Reports | undefined;
  readonly #arrival: Arrival;
  readonly #knownRoute: (() => string | undefined) | undefined;
  /** undefined as long as it is no operation. */
  #first: FirstExchange | undefined;
  /** undefined as long as the handler's response is on its connection. */
  #writing: Writing | undefined;
  /** Takes what the handler writes to its connection while it is no operation. */
  #passing: Delivery | undefined;
  #id: string | undefined;

  constructor(
    core: Core,
    settings: Settings,
    request: AnyRequest,
    response: AnyResponse,
    route: (() => string | undefined) | undefined,
  ) {
    this.#core = core;
    this.#arrival = core.observer.arrive();
    this.#knownRoute = route;
    this.settings = settings;
    this.request = request;
    this.#wire = response;
    this.response = response as ServerResponse;
  }

  get id(): string | undefined {
    return this.#id;
  }

  get statusUrl(): string | undefined {
    return this.#id === undefined ? undefined : collectionUrl(this.request, this.settings) + this.#id;
  }

  get signal(): AbortSignal {
    return this.#reports.signal;
  }

  progress(done: number, total?: number, remark?: string): void {
    this.#reports.progress(done, total, remark);
  }

  bytes(done: number, total: number): void {
    this.#reports.bytes(done, total);
  }

  result(status: number, uri: string): void {
    this.#reports.result(status, uri);
  }

  /** Its route has options of its own. */
  refine(options: RouteOptions): void {
    this.settings = refined(this.settings, options);
    this.#first?.refine(this.settings);
  }

  /** Whether its handler has given an answer, or its client has left, before it became an operation. */
  get isOver(): boolean {
    const { response } = this;
    return this.#first !== undefined || response.headersSent || response.writableEnded || response.destroyed;
  }

  /**
   * Whether its handler is to have a response of its own from the start: one whose connection's cannot be taken off it
   * later.
   */
  get needsOwnResponse(): boolean {
    return this.request instanceof Http2ServerRequest || isInjected(this.#wire);
  }

  /** Gives the handler a response of its own, which passes on what is written as it comes. */
  passOn(): void {
    const writing = this.#detach();
    const passing = new Delivery(writing.exchange, () => [], this.settings.warn);
    this.#passing = passing;
    this.#writing = writing;
    const { closed } = writing.exchange;
    whenAborted(closed, () => {
      if (this.#first) return;
      passing.stop();
      writing.facade.destroy();
    });
  }

  /** Whether its client has left; ask before it becomes an operation. */
  get isDeserted(): boolean {
    const { request } = this;
    if ("stream" in request) return request.stream.destroyed || request.stream.closed;
    return this.#wire.destroyed || request.socket?.destroyed === true;
  }

  /**
   * Makes it an operation.
   *
   * @param replaces the id of an operation with this key whose outcome answers no repetition
   * @returns resolves when the handler may run: false where it must not, and the answer is given
   * @throws {OperationLimitError} {@link OperationKeyError} (rejects, where another process has the key) where no operation
   *   may start; nothing was changed
   */
  begin(key?: RepetitionKey, replaces?: string): Promise<boolean> {
    const { settings } = this;
    const { operations } = this.#core;
    const recording = this.#writing?.recording ?? this.#record();
    let run: (go: boolean) => void = () => undefined;
    const mayRun = new Promise<boolean>((resolve) => {
      run = resolve;
    });
    const operation = operations.start(
      {
        kind: this.request.method ?? "GET",
        target: withoutQuery(this.#target()),
        principal: settings.principal(this.request),
      },
      (work) => {
        this.#reports.take(work);
        run(true);
        return recording.outcome;
      },
      (error) => {
        run(false);
        if (error instanceof OperationKeyError) return keyIsTaken;
        settings.logger.error({ err: error }, `an operation could not begin: ${String(error)}`);
        return {
          ...problemOutcome(507, "The request could not be recorded; nothing was done."),
          runsAnew: true,
        };
      },
      { intent: () => handlerIntent(this.#mayRunAgain), ...(key ? { key, replaces } : {}) },
    );
    const admitted = operations.admitted(operation);
    if (admitted === undefined) return this.#attach(operation, recording, mayRun);
    return admitted.then(() => {
      if (!this.isDeserted) return this.#attach(operation, recording, mayRun);
      // The handler has not run, and nobody is there to be told.
      recording.settle({ ...problemOutcome(503, "Its client left before it began."), runsAnew: true });
      return false;
    });
  }

  /** The exchange waits for its operation from now on. */
  #attach(operation: Operation, recording: Recording, mayRun: Promise<boolean>): Promise<boolean> {
    const { request } = this;
    closeFieldsBefore(request, this.response, operationOf(this.response) === this);
    const writing = this.#writing ?? this.#take(recording);
    if (writing === undefined) {
      // It was answered, or left, in this very moment.
      recording.settle(problemOutcome(500, "The response had begun, or was broken off."));
      return mayRun;
    }
    this.#id = operation.id;
    this.#core.observer.begun(operation, { request, arrival: this.#arrival, route: this.#route });
    this.#writing = writing;
    this.#passing = undefined;
    this.#first = new FirstExchange({
      core: this.#core,
      settings: this.settings,
      operation,
      ...writing,
      reports: this.#reports,
      route: this.#route,
      // As Node tells a handler that its client has left.
      abort: () => this.response.emit("close"),
    });
    return mayRun;
  }

  /** The handler threw. */
  fail(error: unknown): void {
    this.settings.logger.error({ err: error, operation: this.#id }, `a handler failed: ${String(error)}`);
    const { response } = this;
    const outcome = this.#failure("The service failed to answer.");
    if (this.#first && this.#writing) {
      if (this.#writing.recording.begun) response.destroy();
      else this.#writing.recording.settle(outcome);
    } else if (response.headersSent) response.destroy();
    else {
      for (const name of response.getHeaderNames()) response.removeHeader(name);
      response.writeHead(outcome.status, { "Content-Type": "application/problem+json" });
      response.end(outcome.content);
    }
  }

  #record(): Recording {
    return new Recording({
      listener: this.#listener(),
      isFinal: () => this.response.headersSent,
      isEnded: () => this.response.writableEnded,
      limit: () => this.#limit(),
      keeps: (outcome) => this.#keeps(outcome),
      secretFields: this.settings.secretFields,
    });
  }

  /** The outcome of a handler that gave no answer. */
  #failure(title: string): Outcome {
    if (this.#reports.isToldToStop && this.#first?.isCancelling) {
      return problemOutcome(409, "The operation was cancelled.");
    }
    if (this.#first?.isAborted) {
      this.#reports.giveUp();
      return interruptedOutcome(this.#mayRunAgain);
    }
    const answer = problemOutcome(500, title);
    return this.#keeps(answer) ? answer : { ...answer, runsAnew: true };
  }

  get #mayRunAgain(): boolean {
    return mayRunAgain(this.settings, this.request.method ?? "GET");
  }

  #keeps(outcome: Outcome): boolean {
    // It failed for having been told to stop.
    if (this.#first?.isAborted && outcome.status >= 500 && this.#mayRunAgain) return false;
    const { keep, warn } = this.settings;
    try {
      return keep(outcome);
    } catch (error) {
      warn(`the option keep threw: ${String(error)}`);
      return keepsByStatus(outcome);
    }
  }

  /** undefined, and nothing changed, where the response cannot be taken off its connection. */
  #take(recording: Recording): Writing | undefined {
    const { request } = this;
    if (request instanceof Http2ServerRequest || this.needsOwnResponse) return this.#detach(recording);
    const facade = new FacadeSocket(request.socket, recording, this.#core.operations.after);
    const wire = moveResponse(request, this.response, facade);
    if (wire === undefined) return undefined;
    holdContent(request, facade);
    return this.#written(wire, facade, recording);
  }

  #detach(recording: Recording = this.#record()): Writing {
    const { request } = this;
    const facade = new FacadeSocket(socketOf(request), recording, this.#core.operations.after);
    this.response = detachResponse(request, this.#wire, facade);
    if (request instanceof Http2ServerRequest) holdContentOfStream(request);
    return this.#written(this.#wire, facade, recording);
  }

  #written(wire: AnyResponse, facade: FacadeSocket, recording: Recording): Writing {
    const { request, response, settings } = this;
    ignoreLateInterims(response, settings.warn);
    const exchange = openExchange(request, wire);
    const socket = { value: handlersSocket(request, wire, facade), writable: true, configurable: true };
    Object.defineProperty(request, "socket", socket);
    if ("client" in request) Object.defineProperty(request, "client", socket);
    return { exchange, facade, recording };
  }

  /** Made when it is first needed: most requests are over before. */
  get #reports(): Reports {
    this.#reported ??= new Reports(() => this.#target());
    return this.#reported;
  }

  get #route(): () => string | undefined {
    return this.#knownRoute ?? (() => routeOf(this.request));
  }

  #target(): string {
    return targetUrl(this.request, this.settings);
  }

  #limit(): number {
    // What is passed on at once is not held.
    if (this.#passing) return 0;
    const { heldBytes, keptBytes } = this.settings.limits;
    // Whoever was told, or has a key, may ask for it; of all others it is only held in case that it is lost.
    return this.#first?.isTold ? keptBytes : heldBytes;
  }

  #listener(): RecordingListener {
    return {
      interim: (head) => this.#passInterim(head),
      head: (head) => (this.#first ?? this.#passing)?.head(head),
      content: (chunk) => this.#delivery?.content(chunk),
      trailers: (fields) => this.#delivery?.trailers(fields),
      whenReady: (done) => {
        if (this.#delivery) this.#delivery.whenReady(done);
        else done();
      },
      complete: () => {
        this.#delivery?.complete();
        this.#passing?.end();
      },
      brokenOff: (error) => {
        if (error && !this.#reports.isToldToStop) {
          this.settings.warn(`a handler broke its response off: ${String(error)}`);
        }
        if (this.#passing) this.#passing.breakOff();
        else this.#writing?.recording.settle(this.#failure("The response was broken off."));
      },
    };
  }

  get #delivery(): Delivery | undefined {
    return this.#first?.delivery ?? this.#passing;
  }

  #passInterim({ status, fields }: ResponseHead): void {
    // 102s are ours to pace.
    if (status === 102) return;
    try {
      this.#writing?.exchange.interim(status, grouped(fields));
    } catch (error) {
      this.settings.warn(`an interim response was not sent: ${String(error)}`);
    }
  }
}

/** A query often has secrets in it. What it says is in the key's fingerprint, hashed. */
function withoutQuery(url: string): string {
  return url.split("?", 1)[0] ?? url;
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
