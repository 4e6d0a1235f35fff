/** Tells the log, the metrics and the traces of a service what becomes of its operations. */
import type { AnyRequest } from "@meanwhile/interim";
import type { JournalEntry, Operation, OperationLimitError } from "@meanwhile/operations";
import { whenAborted, whenEnded } from "../waiting/listeners.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import { errorStatus, type TelemetryApi, type TelemetrySpan } from "./tracing.ts";

/** What is remembered of a request's arrival, in case that it becomes an operation. */
export interface Arrival {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** Of OpenTelemetry: the span that is active is the parent of ours. */
  readonly context: object | undefined;
}

export interface ObservedRequest {
  readonly request: AnyRequest;
  readonly arrival: Arrival;
  /** The pattern by which the framework found its handler; undefined: not known, or not yet. */
  readonly route: () => string | undefined;
}

export interface Observer {
  arrive(): Arrival;
  /** A request became an operation. */
  begun(operation: Operation, observed: ObservedRequest): void;
  /** It was answered 202. */
  accepted(operation: Operation): void;
  /** Its client left. */
  left(operation: Operation): void;
  /** A repetition waits for it as well. */
  joined(operation: Operation): void;
  /** A repetition got its kept answer. */
  resumed(entry: Operation | JournalEntry): void;
  /** Its answer reached nobody who waited for it. */
  lost(operation: Operation): void;
  /** No operation was started. */
  refused(of: OperationLimitError["of"]): void;
  /** A 102 was sent to a client of this profile. */
  interim(profile: string): void;
}

export interface ObserverOptions {
  readonly logger: Logger;
  readonly metrics: Metrics | undefined;
  /** undefined: the service has none, or it is not loaded yet. */
  readonly telemetry: () => TelemetryApi | undefined;
  readonly abandoned: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Makes what logs, counts and traces operations, as the options ask for. */
export function createObserver(options: ObserverOptions): Observer {
  const { logger, metrics, telemetry, abandoned, now = Date.now } = options;
  const spans = new WeakMap<object, TelemetrySpan>();

  function startSpan(operation: Operation, { request, arrival }: ObservedRequest): TelemetrySpan | undefined {
    const { context } = arrival;
    const api = telemetry();
    if (api === undefined || context === undefined) return undefined;
    const attributes = {
      "http.request.method": methodLabel(request.method),
      "url.path": pathOf(operation),
      "meanwhile.operation.id": operation.id,
    };
    const span = api.trace
      .getTracer("@meanwhile/middleware")
      .startSpan(
        `operation ${methodLabel(request.method)}`,
        { startTime: arrival.atMs, attributes },
        context,
      );
    spans.set(operation, span);
    return span;
  }

  return {
    arrive: () => ({ atMs: now(), context: telemetry()?.context.active() }),
    begun(operation, observed) {
      const method = methodLabel(observed.request.method);
      const span = startSpan(operation, observed);
      const facts = { operation: operation.id, method, path: pathOf(operation) };
      logger.debug(facts, "an operation began");
      const forget = whenAborted(abandoned, () => {
        span?.addEvent("abandoned");
        span?.end();
      });
      whenEnded(operation, ({ status }) => {
        forget();
        const { state } = operation;
        const durationMs = now() - observed.arrival.atMs;
        const route = routeLabel(observed.route);
        metrics?.durations.observe(durationMs / 1000, { method, route, state, status: classOf(status) });
        logger.info({ route, state, status, durationMs, ...facts }, "an operation ended");
        if (route !== "") {
          span?.updateName(`operation ${method} ${route}`);
          span?.setAttributes({ "http.route": route });
        }
        span?.setAttributes({ "http.response.status_code": status, "meanwhile.operation.state": state });
        if (status >= 500) span?.setStatus({ code: errorStatus });
        span?.end();
      });
    },
    accepted(operation) {
      metrics?.accepted.count();
      spans.get(operation)?.addEvent("accepted");
      logger.debug({ operation: operation.id }, "an operation was answered 202");
    },
    left(operation) {
      spans.get(operation)?.addEvent("client left");
      logger.debug({ operation: operation.id }, "the client of an operation left");
    },
    joined(operation) {
      metrics?.joined.count();
      spans.get(operation)?.addEvent("joined");
      logger.debug({ operation: operation.id }, "a retry joined an operation");
    },
    resumed({ id }) {
      metrics?.resumed.count();
      logger.debug({ operation: id }, "a retry received the kept answer of an operation");
    },
    lost({ id }) {
      metrics?.lost.count();
      logger.info({ operation: id }, "the answer of an operation reached no waiting client");
    },
    refused(of) {
      metrics?.refused.count({ limit: of });
      logger.info({ limit: of }, "an operation was not started: too many run, or the service stops");
    },
    interim(profile) {
      metrics?.interims.count({ profile });
    },
  };
}

/** Methods that anybody may have; all others, which clients make up, count as one. */
const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

function methodLabel(method = "GET"): string {
  return methods.has(method) ? method : "other";
}

/** Of the target without its query, which may tell what logs are not to know. */
function pathOf({ target }: Operation): string {
  return URL.canParse(target) ? new URL(target).pathname : "";
}

/** A pattern that is longer than this is none, in characters. */
const longestRoute = 200;

function routeLabel(route: () => string | undefined): string {
  const pattern = route() ?? "";
  return pattern.length > longestRoute ? "other" : pattern;
}

function classOf(status: number): string {
  return `${Math.floor(status / 100)}xx`;
}
