/** The way of one request through the middleware, whichever framework it came by. */
import type { ServerResponse } from "node:http";
import { type AnyRequest, type AnyResponse, createPacer, openExchange } from "@meanwhile/interim";
import { answerClientErrorsBehind } from "@meanwhile/interim/internal";
import type { Operations } from "@meanwhile/operations";
import { announcement } from "../answers/announcement.ts";
import { watchFinalHead } from "../answers/final-head.ts";
import { createTurns } from "../answers/keyed-mutex.ts";
import { recoverHandlers } from "../answers/recovery.ts";
import { sendAnswer } from "../answers/send-answer.ts";
import { createEstimator } from "../estimate/duration-estimate.ts";
import { type Attention, createAttention } from "../estimate/slow-request-watch.ts";
import { beginLate, enterAtOnce } from "../handling/enter.ts";
import { Handling } from "../handling/handling.ts";
import { keeperOf } from "../handling/keeper.ts";
import { createObserver } from "../observe/observer.ts";
import { telemetryFor } from "../observe/tracing.ts";
import { isInjected, tellComplete } from "../recording/injected.ts";
import { problem } from "../status/answer.ts";
import { createStatusService } from "../status/service.ts";
import { createAttendance } from "../waiting/delivery-tracker.ts";
import { runHandler } from "./around-handler.ts";
import { allowanceOf, type Core, collectionUrl, targetUrl } from "./core.ts";
import { carryOperation, operationOf } from "./handler-operation.ts";
import { type Mount, mountedOnRoute, mountOf, type Passed } from "./mount.ts";
import { type ProcessingOptions, type Settings, selectsUnsafe, settingsOf } from "./options.ts";
import { asksForUs, preferencesOf, requestTarget, statusRest } from "./request-view.ts";

/** A request that is still unanswered after once to twice this time becomes an operation, in milliseconds. */
const attentionMs = 50;

/** Requests that no middleware before has selected. */
const passed = new WeakMap<AnyRequest, Passed>();

/** Runs the handler with the response that it is to use. */
export type Proceed = (response: AnyResponse) => void;

export interface Place {
  /** Where the middleware is mounted; default: as Express and connect tell it. */
  readonly mount?: Mount;
  /** The pattern by which the framework found the handler, as soon as it knows. */
  readonly route?: () => string | undefined;
}

/** What each `processing()` has beside the middleware itself. */
export interface ProcessingControl {
  /** What it was given, or its own. */
  readonly operations: Operations;
  /**
   * Ends it: call it after `server.close()`, so that the process can end. Its own operations get `closeWithin` to end,
   * with 102s and event streams as before, and no further one starts; with a journal, the next process tells that those
   * that still ran were interrupted. Then event streams end, and the journal is closed. Given operations go on: drain
   * them before. May be called twice.
   */
  close(): Promise<void>;
}

export interface Processor extends ProcessingControl {
  /**
   * Takes a request in: answers it, or lets `proceed` run the handler, at once where nothing has to be found out first.
   * `fail` is told of mistakes in how the middleware is mounted.
   */
  enter(
    request: AnyRequest,
    response: AnyResponse,
    proceed: Proceed,
    fail: (error: unknown) => void,
    place?: Place,
  ): void;
  /** The absolute URL of what a request asks for, as its client sees it. */
  urlOf(request: AnyRequest): string;
}

/** @throws {TypeError} `ERR_PROCESSING_OPTION` for what cannot be */
export function createProcessor(
  options: ProcessingOptions = {},
  clock: () => number = () => performance.now(),
): Processor {
  const settings = settingsOf(options);
  const keeper = keeperOf(settings);
  const { operations } = keeper;
  const observer = createObserver({
    logger: settings.logger,
    metrics: settings.metrics,
    telemetry: settings.tracing ? telemetryFor(settings.logger) : () => undefined,
    abandoned: operations.abandoned,
  });
  settings.metrics?.include(operations);
  const pacer = createPacer({
    onError: (error) => settings.warn(String(error)),
    onSent: ({ profile }) => observer.interim(profile),
  });
  const core: Core = {
    operations,
    pacer,
    attendance: createAttendance(operations, operations.after, (operation) => observer.lost(operation)),
    turns: createTurns(),
    status: createStatusService({ operations, pacer, pacing: settings.pacing }),
    observer,
    estimator: settings.estimate ? createEstimator() : undefined,
    clock,
    recovered: () => recoverHandlers(operations),
    contents: new WeakMap(),
  };
  core.recovered().catch((error: unknown) => {
    settings.logger.error(
      { err: error },
      `what an earlier process left could not be taken up: ${String(error)}`,
    );
  });
  const attention: Attention<Handling> = createAttention(attentionMs, operations.after, (handling) => {
    if (!handling.isOver) beginLate(core, handling);
  });

  async function end(): Promise<void> {
    await keeper.drain();
    attention.close();
    core.status.close();
    pacer.close();
    await keeper.close();
  }
  let ending: Promise<void> | undefined;

  return {
    operations,
    enter(request, response, proceed, fail, { mount = mountOf(request), route } = {}) {
      answerClientErrorsBehind(request);
      const here =
        mount === "" || mount === "route" ? settings : { ...settings, path: mount + settings.path };
      const rest = statusRest(requestTarget(request), here.path);
      if (rest !== undefined) {
        serveStatus(core, here, request, response, rest);
        return;
      }
      const known = operationOf(response);
      if (known instanceof Handling) {
        known.refine(options);
        runHandler(known, () => proceed(response));
        return;
      }
      if (!settings.when(request)) {
        // So that a client may learn it before it first has to repeat a request.
        if (request.method === "OPTIONS" && !response.headersSent && selectsUnsafe(here, request)) {
          response.setHeader(...announcement);
        }
        if (mount !== "route") passed.set(request, { operations, path: here.path });
        proceed(response);
        return;
      }
      const outer = passed.get(request);
      if (mount === "route" && outer?.operations !== operations) {
        fail(mountedOnRoute());
        return;
      }
      const path = mount === "route" && outer ? outer.path : here.path;
      const handling = new Handling(
        core,
        path === here.path ? here : { ...here, path },
        request,
        response,
        route,
      );
      const key = request.headers["idempotency-key"];
      if (isInjected(response)) tellComplete(request);
      if (!asksForUs(request) && settings.expectsMs === 0) {
        const attended = attention.add(handling);
        if (handling.needsOwnResponse) handling.passOn();
        prepare(handling, handling.response, () => {
          attended.item = undefined;
        });
        runHandler(handling, () => proceed(handling.response));
        return;
      }
      enterAtOnce(core, handling, key !== undefined, response)
        .then((runs) => {
          if (!runs) return;
          prepare(handling, handling.response);
          runHandler(handling, () => proceed(handling.response));
        })
        .catch(fail);
    },
    urlOf: (request) => targetUrl(request, settings),
    close() {
      ending ??= end();
      return ending;
    },
  };
}

function prepare(handling: Handling, response: ServerResponse, answered: () => void = () => undefined): void {
  watchFinalHead(response, handling.settings.warn, answered);
  carryOperation(response, handling);
}

function serveStatus(
  core: Core,
  settings: Settings,
  request: AnyRequest,
  response: AnyResponse,
  rest: string,
): void {
  const exchange = openExchange(request, response);
  const preferences = preferencesOf(request);
  request.resume();
  core
    .recovered()
    .then(() =>
      core.status.answer(exchange, {
        method: request.method ?? "GET",
        rest,
        headers: request.headers,
        principal: settings.principal(request),
        collectionUrl: collectionUrl(request, settings),
        preferences,
        allowance: allowanceOf(exchange, preferences, settings),
      }),
    )
    .then(
      (answer) => sendAnswer(exchange, answer),
      (error: unknown) => {
        settings.warn(`a status document could not be read: ${String(error)}`);
        return sendAnswer(exchange, problem(500, "The operation could not be read."));
      },
    );
}
