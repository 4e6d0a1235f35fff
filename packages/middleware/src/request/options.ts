/** What `processing()` may be told, and its defaults. */
import type { AnyRequest } from "@meanwhile/interim";
import { defaultPacing, type Pacing } from "@meanwhile/interim/pacing";
import { type Front, fronts, type InterimMode, type InterimPolicy } from "@meanwhile/interim/profiles";
import {
  defaultContentLimit,
  defaultRetention,
  type Journal,
  type Operations,
  type Retention,
} from "@meanwhile/operations";
import { longestTimeoutMs } from "@meanwhile/operations/internal";
import { saysNothingWasDone } from "../answers/repetition.ts";
import { type Logger, logLevels, safeLogger } from "../observe/logger.ts";
import { type Metrics, type MetricsRegistry, metricsOf } from "../observe/metrics.ts";
import { defaultStatusPath } from "../status/place.ts";
import { credentialsOf } from "./request-view.ts";

/** Milliseconds, or a number with a unit: "250ms", "20s", "5m", "1h". The finest step is 10 ms. */
export type Duration = number | string;

/** What may be refined for one route. */
export interface RouteOptions {
  /** Until the first 102; default 20 s. */
  readonly after?: Duration;
  /** How long the route takes as a rule; from `after` on the first 102 goes out at once, where one is allowed. */
  readonly expects?: Duration;
  /** Whether the route may safely run again where nobody knows what became of it; default: as its method says. */
  readonly idempotent?: boolean;
  /**
   * What becomes of the work when its client has left, and nobody else waits for it. "continue": it goes on,
   * and its answer is kept. "abort": `operation.signal` is aborted, the response emits `close`, and the handler has
   * `endWithin` to end. Default: "abort" for safe methods, "continue" for all others.
   */
  readonly onClientGone?: "continue" | "abort";
  /**
   * Whether the handler's answer is what a repetition with the same key gets. false: nothing was done, or to do it twice
   * does no harm, so that the repetition runs the handler anew. Default: all answers but 408, 425, 429 and 503.
   */
  readonly keep?: (answer: HandlersAnswer) => boolean;
}

/** An answer as its handler wrote it. */
export interface HandlersAnswer {
  readonly status: number;
  /** Under the names' first spelling; several lines as a list. */
  readonly fields: Readonly<Record<string, string | readonly string[]>>;
  /** Empty where it was too large to be kept. */
  readonly content: string | Uint8Array;
}

/** How much of a response is held and kept. */
export interface ProcessingLimits {
  /** Bytes of a response that are held in memory where nobody was told that it is kept; default 64 KiB. */
  readonly heldBytes: number;
  /** Bytes of a response that is kept; default 16 MiB. What is longer is kept without its content. */
  readonly keptBytes: number;
}

/** How long answers are kept where `processing()` keeps them itself, in memory. */
export interface ProcessingRetention {
  /** After the operation's end; default 72 h. */
  readonly keep: Duration;
  /** How many operations; default 10,000. The one that ended first goes first. */
  readonly entries: number;
  /** Of all content together; default 256 MiB. The one that ended first goes first. */
  readonly bytes: number;
}

/**
 * What `processing()` may be told.
 *
 * @typeParam Own what the framework gives to its handlers as the request
 */
export interface ProcessingOptions<Own = AnyRequest> extends RouteOptions {
  /**
   * Keeps operations beyond the process; one that is still being opened is waited for. `close()` closes it. Default:
   * operations are kept in memory.
   */
  readonly journal?: Journal | Promise<Journal>;
  /**
   * Operations that others use, too, made by `createOperations()`, in place of `journal` and `retention`. Whoever made
   * them drains them, and closes their journal. Default: its own, which `close()` ends.
   */
  readonly operations?: Operations;
  /** Between two 102s, at least; default 15 s. */
  readonly every?: Duration;
  /** Who gets 102s; default "asked", or "measured" where `front` is declared. */
  readonly interim?: InterimMode;
  /** The proxy in front, "none" where clients connect directly. */
  readonly front?: Front;
  /** Which requests become operations when they take long; default: those whose method is not safe. */
  readonly when?: (request: Own) => boolean;
  /** Who asks; undefined: anonymous. Default: a hash of Authorization and Cookie. */
  readonly principal?: (request: Own) => string | undefined;
  /** Where status documents are, with a slash at both ends; default "/.meanwhile/operations/". */
  readonly path?: string;
  /** How clients see the service, "https://api.example.com", where a proxy stands in front. Default: by Host. */
  readonly origin?: string;
  /** From when on nobody waits for the handler any more: 500; default 1 h. */
  readonly deadline?: Duration;
  /** How long a handler may take to end its response once its client left; default 1 min. */
  readonly endWithin?: Duration;
  /** How long `close()` waits for its own operations that run; default 30 s. */
  readonly closeWithin?: Duration;
  /**
   * Names of fields that make a response secret: it is kept until it was delivered, and 10 minutes at most. Beside
   * Set-Cookie, Authorization, Authentication-Info, Proxy-Authentication-Info, and `Cache-Control: no-store`.
   */
  readonly secretFields?: readonly string[];
  readonly limits?: Partial<ProcessingLimits>;
  /** Without `journal` and `operations` only: else the journal has it. */
  readonly retention?: Partial<ProcessingRetention>;
  /** As pino has it: each operation's begin and end, misuse, and what went wrong beside the work. */
  readonly logger?: Logger;
  /** A registry of prom-client: what becomes of operations is counted there. */
  readonly metrics?: MetricsRegistry;
  /** Whether the first 102 may come early where the route took longer than `after` before; default true. */
  readonly estimate?: boolean;
  /** Whether operations are spans of OpenTelemetry, where `@opentelemetry/api` is installed; default true. */
  readonly tracing?: boolean;
  /** Told the messages of the logger's warnings and errors. */
  readonly warn?: (message: string) => void;
}

export interface Settings {
  readonly journal: Journal | Promise<Journal> | undefined;
  readonly operations: Operations | undefined;
  readonly pacing: Pacing;
  readonly expectsMs: number;
  readonly idempotent: boolean | undefined;
  readonly onClientGone: "continue" | "abort" | undefined;
  readonly keep: (answer: HandlersAnswer) => boolean;
  readonly policy: InterimPolicy;
  readonly when: (request: AnyRequest) => boolean;
  readonly principal: (request: AnyRequest) => string | undefined;
  readonly path: string;
  readonly origin: string | undefined;
  readonly deadlineMs: number;
  readonly endWithinMs: number;
  readonly closeWithinMs: number;
  readonly secretFields: ReadonlySet<string>;
  readonly limits: ProcessingLimits;
  readonly retention: Retention;
  readonly logger: Logger;
  readonly metrics: Metrics | undefined;
  readonly tracing: boolean;
  readonly estimate: boolean;
  readonly warn: (message: string) => void;
}

/** @throws {TypeError} `ERR_PROCESSING_OPTION` for what cannot be */
export function settingsOf(options: ProcessingOptions): Settings {
  requireKnown(options);
  const { front, path = defaultStatusPath, origin } = options;
  if (front !== undefined && !fronts.includes(front)) {
    throw wrong("front", `is one of ${fronts.join(", ")}`, front);
  }
  const mode = options.interim ?? (front === undefined ? "asked" : "measured");
  if (!["asked", "measured", "standard"].includes(mode)) {
    throw wrong("interim", "is asked, measured or standard", mode);
  }
  if (!/^\/(?:(?!\.{1,2}\/)[A-Za-z0-9._~-]+\/)+$/.test(path)) {
    throw wrong("path", "begins and ends with a slash, and has letters, digits, . _ ~ - between", path);
  }
  if (origin !== undefined && !/^https?:\/\/[^/?#\s@]+$/.test(origin)) {
    throw wrong("origin", "is a scheme and a host, such as https://api.example.com", origin);
  }
  requireFunctions(options, ["when", "principal", "keep", "warn"]);
  const missing = logLevels.find((level) => options.logger && typeof options.logger[level] !== "function");
  if (missing) throw wrong("logger", `has a method ${missing}`, options.logger);
  if (options.metrics && typeof options.metrics.registerMetric !== "function") {
    throw wrong("metrics", "is a registry of prom-client", options.metrics);
  }
  for (const name of ["tracing", "estimate"] as const) {
    if (!["boolean", "undefined"].includes(typeof options[name])) {
      throw wrong(name, "is true or false", options[name]);
    }
  }
  requireOneKeeper(options);
  const logger = safeLogger(options.logger, options.warn);
  return {
    journal: options.journal,
    operations: options.operations,
    pacing: {
      afterMs: duration("after", options.after, defaultPacing.afterMs),
      everyMs: duration("every", options.every, defaultPacing.everyMs),
    },
    expectsMs: duration("expects", options.expects, 0),
    idempotent: options.idempotent,
    onClientGone: clientGone(options),
    keep: options.keep ?? keepsByStatus,
    policy: { mode, front },
    when: options.when ?? isUnsafe,
    principal: options.principal ?? credentialsOf,
    path,
    origin,
    deadlineMs: duration("deadline", options.deadline, 3_600_000),
    endWithinMs: duration("endWithin", options.endWithin, 60_000),
    closeWithinMs: duration("closeWithin", options.closeWithin, 30_000),
    secretFields: fieldNames(options.secretFields),
    limits: {
      heldBytes: count("limits.heldBytes", options.limits?.heldBytes, 64 * 1024),
      keptBytes: count("limits.keptBytes", options.limits?.keptBytes, defaultContentLimit),
    },
    retention: {
      keepMs: duration("retention.keep", options.retention?.keep, defaultRetention.keepMs),
      entries: count("retention.entries", options.retention?.entries, defaultRetention.entries),
      bytes: count("retention.bytes", options.retention?.bytes, defaultRetention.bytes),
    },
    logger,
    metrics: options.metrics && metricsOf(options.metrics),
    tracing: options.tracing ?? true,
    estimate: options.estimate ?? true,
    warn: (message) => logger.warn({}, message),
  };
}

/** @throws {TypeError} `ERR_PROCESSING_OPTION` for what cannot be */
export function refined(settings: Settings, options: RouteOptions): Settings {
  const { pacing } = settings;
  requireFunctions(options, ["keep"]);
  return {
    ...settings,
    pacing: { ...pacing, afterMs: duration("after", options.after, pacing.afterMs) },
    expectsMs: duration("expects", options.expects, settings.expectsMs),
    idempotent: options.idempotent ?? settings.idempotent,
    onClientGone: clientGone(options) ?? settings.onClientGone,
    keep: options.keep ?? settings.keep,
  };
}

/** @throws {TypeError} `ERR_PROCESSING_OPTION` for what cannot be */
export function checkRouteOptions(options: RouteOptions): void {
  refined(settingsOf({}), options);
}

/** All answers are kept but those that say that nothing was done. */
export function keepsByStatus({ status }: { readonly status: number }): boolean {
  return !saysNothingWasDone(status);
}

/** RFC 9110 §9.2.1. */
export function isSafe(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS" || method === "TRACE";
}

/** Whether a request may safely be sent again where nobody knows what became of it (RFC 9110 §9.2.2). */
export function mayRunAgain({ idempotent }: Settings, method: string): boolean {
  return idempotent ?? (isSafe(method) || method === "PUT" || method === "DELETE");
}

/** Whether the work is to stop when its client has left. */
export function abortsWhenGone({ onClientGone }: Settings, method: string): boolean {
  return onClientGone === undefined ? isSafe(method) : onClientGone === "abort";
}

/** Whether all unsafe requests to the resource of an OPTIONS are selected, so that its answer can say so. */
export function selectsUnsafe({ when }: Settings, request: AnyRequest): boolean {
  if (when === isUnsafe) return true;
  try {
    return ["POST", "PUT", "PATCH", "DELETE"].every((method) =>
      when(Object.create(request, { method: { value: method } }) as AnyRequest),
    );
  } catch {
    // It looks at what only a request of its own has.
    return false;
  }
}

function isUnsafe({ method = "GET" }: AnyRequest): boolean {
  return !isSafe(method);
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function duration(name: string, value: Duration | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(String(value)) ?? [];
  const ms = typeof value === "number" ? value : Number(count) * (units[unit] ?? Number.NaN);
  if (Number.isFinite(ms) && ms >= 0 && ms <= longestTimeoutMs) return ms;
  throw wrong(name, "is a number of milliseconds, or 250ms, 20s, 5m, 1h", value);
}

function count(name: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong(name, "is a whole number from 0 up", value);
}

/** In lower case. RFC 9110 §5.1: a field name is a token. */
function fieldNames(names: readonly string[] = []): ReadonlySet<string> {
  const isName = (name: unknown): boolean => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(String(name));
  if (!Array.isArray(names) || !names.every(isName)) {
    throw wrong("secretFields", "is a list of field names", names);
  }
  return new Set(names.map((name) => name.toLowerCase()));
}

function clientGone({ onClientGone }: RouteOptions): RouteOptions["onClientGone"] {
  if (onClientGone === undefined || onClientGone === "continue" || onClientGone === "abort")
    return onClientGone;
  throw wrong("onClientGone", "is continue or abort", onClientGone);
}

/** All options; the compiler sees to it that none is missing. */
const known: Readonly<Record<keyof ProcessingOptions, true>> = {
  after: true,
  closeWithin: true,
  deadline: true,
  endWithin: true,
  estimate: true,
  every: true,
  expects: true,
  front: true,
  idempotent: true,
  interim: true,
  journal: true,
  keep: true,
  limits: true,
  logger: true,
  metrics: true,
  onClientGone: true,
  operations: true,
  origin: true,
  path: true,
  principal: true,
  retention: true,
  secretFields: true,
  tracing: true,
  warn: true,
  when: true,
};

function requireKnown(options: ProcessingOptions): void {
  if (isOperations(options)) throw invalid("operations are an option: processing({ operations })");
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(known, name)) throw invalid(`there is no option ${name}`);
  }
}

/** Who keeps the operations also says for how long. */
function requireOneKeeper({ operations, journal, retention }: ProcessingOptions): void {
  if (operations !== undefined && !isOperations(operations)) {
    throw wrong("operations", "is made by createOperations()", operations);
  }
  if (operations !== undefined && journal !== undefined) {
    throw invalid("journal is given to createOperations() where operations are given");
  }
  if (retention !== undefined && (operations ?? journal) !== undefined) {
    throw invalid("retention is given to the journal where there is one");
  }
}

function isOperations(value: object): value is Operations {
  return typeof Reflect.get(Object(value), "start") === "function";
}

function requireFunctions(options: ProcessingOptions, names: readonly (keyof ProcessingOptions)[]): void {
  for (const name of names) {
    if (options[name] !== undefined && typeof options[name] !== "function") {
      throw wrong(name, "is a function", options[name]);
    }
  }
}

function wrong(name: string, rule: string, value: unknown): TypeError {
  return invalid(`${name} ${rule}, not ${String(value)}`);
}

function invalid(what: string): TypeError {
  return Object.assign(new TypeError(`processing: ${what}`), { code: "ERR_PROCESSING_OPTION" });
}
