/** The reading side: interim responses as a client receives them. */
export type { FieldLine } from "./fields/interim-fields.ts";
export {
  InterimLimitError,
  type InterimReadingOptions,
  type ReceivedInterim,
  readInterims,
} from "./interim-reading.ts";
export type { AllowanceOptions } from "./profiles/interim-allowance.ts";
