/** For our own packages: how connections of node:http end, and malformed requests are answered. It may change with any version. */
export {
  answerClientErrors,
  answerClientErrorsBehind,
  type ClientErrorOptions,
  type Http1Server,
  whenEarlierAreAnswered,
} from "./exchange/client-errors.ts";
export { checkFinalStatus } from "./exchange/final-status.ts";
export { type After, closeLingering, isClosing } from "./exchange/lingering-close.ts";
export type { ParseError, Refusal } from "./exchange/malformed-status.ts";
export { hasContent } from "./exchange/request-complete.ts";
export {
  closeResponse,
  finishListener,
  guardClosed,
  ignoreContent,
  keepUnread,
  markUnread,
  responseOn,
  sentContinue,
  shareLast,
  takeOverConnection,
  tellDrained,
} from "./node-private.ts";
