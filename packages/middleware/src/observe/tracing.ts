/** Spans of OpenTelemetry, where the service has its API. Nothing of it is needed where it has not. */
import type { Logger } from "./logger.ts";

export type SpanAttributes = Record<string, string | number | boolean>;

/** What is used of `@opentelemetry/api`, so that our types do not need its own. */
export interface TelemetryApi {
  readonly context: { active(): object };
  readonly trace: {
    getTracer(name: string): {
      startSpan(
        name: string,
        options: { readonly startTime: number; readonly attributes: SpanAttributes },
        parent: object,
      ): TelemetrySpan;
    };
  };
}

export interface TelemetrySpan {
  updateName(name: string): unknown;
  setAttributes(attributes: SpanAttributes): unknown;
  setStatus(status: { readonly code: number }): unknown;
  addEvent(name: string): unknown;
  end(): void;
}

/** `SpanStatusCode.ERROR` */
export const errorStatus = 2;

const specifier = "@opentelemetry/api";

/**
 * The API that the service has installed; undefined: it has none.
 *
 * @throws what loading it throws, where it is installed and broken
 */
export async function findTelemetry(
  load: (specifier: string) => Promise<unknown> = (name) => import(name),
): Promise<TelemetryApi | undefined> {
  try {
    const api = (await load(specifier)) as Partial<TelemetryApi>;
    const { trace, context } = api;
    if (typeof trace?.getTracer !== "function" || typeof context?.active !== "function") return undefined;
    return { trace, context };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

let found: TelemetryApi | undefined;
let isSearched = false;

/**
 * Looks for the API, once in a process, and tells what was found: undefined until then. What began before is not
 * traced.
 */
export function telemetryFor(logger: Logger): () => TelemetryApi | undefined {
  if (!isSearched) {
    isSearched = true;
    findTelemetry().then(
      (api) => {
        found = api;
      },
      (error: unknown) => logger.warn({ err: error }, `OpenTelemetry could not be loaded: ${String(error)}`),
    );
  }
  return () => found;
}

function isMissing(error: unknown): boolean {
  const { code, message } = Object(error) as { readonly code?: unknown; readonly message?: unknown };
  return code === "ERR_MODULE_NOT_FOUND" && String(message).includes(`'${specifier}'`);
}
