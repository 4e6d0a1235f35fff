/** What is done around a handler: nothing, until `./current` is imported. */
import type { HandlerOperation } from "./handler-operation.ts";

type Around = (operation: HandlerOperation, run: () => void) => void;

let around: Around = (_operation, run) => run();

/** Runs the handler, or whatever leads to it, with the operation at hand. */
export function runHandler(operation: HandlerOperation, run: () => void): void {
  around(operation, run);
}

/** Sets what handlers run within. Importing `/current` does so; without it nothing is. */
export function setAround(wanted: Around): void {
  around = wanted;
}
