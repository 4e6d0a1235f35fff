/** Interim (1xx) responses on node:http and node:http2. */
export {
  answerClientErrors,
  answerClientErrorsBehind,
  type ClientErrorOptions,
  type Http1Server,
  whenEarlierAreAnswered,
} from "./exchange/client-errors.ts";
export {
  type AnyRequest,
  type AnyResponse,
  type Exchange,
  type ExchangeState,
  openExchange,
} from "./exchange/exchange.ts";
export { checkFinalStatus } from "./exchange/final-status.ts";
export { type After, closeLingering, isClosing } from "./exchange/lingering-close.ts";
export type { ParseError, Refusal } from "./exchange/malformed-status.ts";
export type { Misuse, MisuseCode } from "./exchange/misuse.ts";
export type { Protocol } from "./exchange/protocol.ts";
export { type InterimFields, interimBytes, largestInterimBytes } from "./fields/interim-fields.ts";
export {
  createPacer,
  type Following,
  type FollowOptions,
  type Pacer,
  type PacerOptions,
} from "./pacing/pacer.ts";
export type { SetTimer } from "./pacing/timer-wheel.ts";
