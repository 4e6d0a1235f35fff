/** Spans of OpenTelemetry, where the service has its API. Nothing of it is needed where it has not. */

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
  setStatus(status: { readonly code: number; readonly message?: string }): unknown;
  addEvent(name: string, attributes?: SpanAttributes): unknown;
  end(): void;
}

/** `SpanStatusCode.ERROR` */
export const errorStatus = 2;

/**
 * The API that the service has installed; undefined: it has none.
 *
 * @throws what loading it throws, where it is installed and broken
 */
export async function findTelemetry(
  load: () => Promise<unknown> = () => import("@opentelemetry/api"),
): Promise<TelemetryApi | undefined> {
  try {
    const api = (await load()) as Partial<TelemetryApi>;
    return typeof api.trace?.getTracer === "function" && typeof api.context?.active === "function"
      ? (api as TelemetryApi)
      : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return (
    (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") &&
    String(message).includes("'@opentelemetry/api'")
  );
}
