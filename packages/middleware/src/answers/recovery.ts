/**
 * What an earlier process left running. Nobody can finish a handler's work but its handler: it is declared
 * interrupted, and who asks again is told whether that is safe.
 */
import type { JournalEntry, Json, Operations } from "@meanwhile/operations";
import { interruptedOutcome } from "./answers.ts";

/** What is recorded of a handler's work while it runs: whether its request may safely be sent again. */
export function handlerIntent(idempotent: boolean): Json {
  return { handler: { idempotent } };
}

const recoveries = new WeakMap<Operations, Promise<number>>();

/**
 * Declares interrupted what handlers of an earlier process worked on, and leaves alone what others did. Done once for
 * the same operations, however often it is called.
 *
 * @returns how many there were, when all of them have ended
 * @throws what the journal failed with
 */
export function recoverHandlers(operations: Operations): Promise<number> {
  const known = recoveries.get(operations);
  if (known) return known;
  const recovery = recover(operations);
  recoveries.set(operations, recovery);
  return recovery;
}

async function recover(operations: Operations): Promise<number> {
  const interrupted = await operations.recover(
    (entry) => (isHandlersWork(entry) ? undefined : "left"),
    (entry) => interruptedOutcome(isIdempotentHandler(entry) === true),
  );
  return interrupted.length;
}

/** Whether it is a handler's work, which others leave to us. */
export function isHandlersWork(entry: JournalEntry): boolean {
  return isIdempotentHandler(entry) !== undefined;
}

/** undefined: it is not a handler's. */
function isIdempotentHandler({ intent }: JournalEntry): boolean | undefined {
  if (!isRecord(intent) || !isRecord(intent["handler"])) return undefined;
  return intent["handler"]["idempotent"] === true;
}

function isRecord(value: Json | undefined): value is { readonly [name: string]: Json | undefined } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
