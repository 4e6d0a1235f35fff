/**
 * `currentOperation()` for code that does not have the response. Importing this switches AsyncLocalStorage on, which
 * costs every request a little.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { setAround } from "./request/around-handler.ts";
import { type HandlerOperation, inertOperation } from "./request/handler-operation.ts";

const storage = new AsyncLocalStorage<HandlerOperation>();

setAround((operation, run) => storage.run(operation, run));

/** The operation that is worked on: inert outside of one, and in requests that were not selected. */
export function currentOperation(): HandlerOperation {
  return storage.getStore() ?? inertOperation;
}
