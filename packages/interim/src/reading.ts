/** The reading side: interim responses as a client receives them. */
export type { AllowanceOptions } from "./interim-allowance.ts";
export type { FieldLine } from "./interim-fields.ts";
export {
  InterimLimitError,
  type InterimReadingOptions,
  type ReceivedInterim,
  readInterims,
} from "./interim-reading.ts";
