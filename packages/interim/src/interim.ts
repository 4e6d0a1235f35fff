/** Interim (1xx) responses on node:http and node:http2. */
export type { AnyRequest, AnyResponse, Exchange, ExchangeState } from "./exchange/exchange.ts";
export type { Misuse, MisuseCode } from "./exchange/misuse.ts";
export { openExchange } from "./exchange/open-exchange.ts";
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
