/** Types of options, and what status documents look like, for programs that read them. Adapters are entries of their own: `/node`, `/express` ... */
export type { Logger, LogLine } from "./observe/logger.ts";
export type { MetricsRegistry } from "./observe/metrics.ts";
export type {
  Duration,
  HandlersAnswer,
  ProcessingLimits,
  ProcessingOptions,
  ProcessingRetention,
  RouteOptions,
} from "./request/options.ts";
export type { ProcessingControl } from "./request/processor.ts";
export type {
  StatusDocument,
  StatusList,
  StatusOutcome,
  StatusProgress,
} from "./status/document.ts";
export type { JobStatus } from "./status/job.ts";
export { defaultStatusPath } from "./status/place.ts";
