/** The operation as its handler has it at hand. */

/** None of its methods throws. Of requests that were not selected it is there as well, and does nothing. */
export interface HandlerOperation {
  /** undefined while the request is too young to be an operation, and where it was not selected. */
  readonly id: string | undefined;
  /** The absolute URL of its status document; undefined as long as its id is. */
  readonly statusUrl: string | undefined;
  /**
   * Aborted when somebody cancels the operation, when its deadline is over, and, of a safe method, when its client
   * leaves.
   */
  readonly signal: AbortSignal;
  /** Tells how far the work is, of how much (undefined: not known), and a few words for people. */
  progress(done: number, total?: number, remark?: string): void;
  /** Tells how far it is inside the present member, in bytes. */
  bytes(done: number, total: number): void;
  /** Tells what became of one member. */
  result(status: number, uri: string): void;
}

export const inertOperation: HandlerOperation = {
  id: undefined,
  statusUrl: undefined,
  signal: new AbortController().signal,
  progress: () => undefined,
  bytes: () => undefined,
  result: () => undefined,
};

const key: unique symbol = Symbol("operation");

interface Carrier {
  [key]?: HandlerOperation;
  operation?: HandlerOperation;
}

/** Puts it at hand, as {@link operationOf} and as `response.operation`. */
export function carryOperation(response: object, operation: HandlerOperation): void {
  const carrier = response as Carrier;
  carrier[key] = operation;
  carrier.operation = operation;
}

/** The operation of the request that is answered with `response`: always there, inert where none was selected. */
export function operationOf(response: object): HandlerOperation {
  return (response as Carrier)[key] ?? inertOperation;
}
