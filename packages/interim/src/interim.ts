/** Interim (1xx) responses on node:http and node:http2. */
export {
  answerClientErrors,
  answerClientErrorsBehind,
  type ClientErrorOptions,
  type Http1Server,
  whenEarlierAreAnswered,
} from "./client-errors.ts";
export {
  type AnyRequest,
  type AnyResponse,
  type Exchange,
  type ExchangeState,
  openExchange,
} from "./exchange.ts";
export { checkFinalStatus } from "./final-status.ts";
export { type InterimFields, interimBytes, largestInterimBytes } from "./interim-fields.ts";
export { type After, closeLingering, isClosing } from "./lingering-close.ts";
export type { ParseError, Refusal } from "./malformed-status.ts";
export type { Misuse, MisuseCode } from "./misuse.ts";
export {
  createPacer,
  type Following,
  type FollowOptions,
  type Pacer,
  type PacerOptions,
} from "./pacer.ts";
export type { Protocol } from "./protocol.ts";
export type { SetTimer } from "./timer-wheel.ts";
