/** The operations of a `processing()`: given ones, which their maker ends, or its own, which it ends itself. */
import { createOperations, type Journal, memoryJournal, type Operations } from "@meanwhile/operations";
import type { Settings } from "../request/options.ts";

export interface Keeper {
  readonly operations: Operations;
  /** Lets no further one start, and waits for those that run, as long as settings say. */
  drain(): Promise<void>;
  /** Closes the journal. What is heard of later is not recorded. */
  close(): Promise<void>;
}

/** Takes what was given, or makes its own. */
export function keeperOf(settings: Settings): Keeper {
  return settings.operations === undefined ? ownKeeper(settings) : givenKeeper(settings.operations);
}

function givenKeeper(operations: Operations): Keeper {
  return { operations, drain: async () => undefined, close: async () => undefined };
}

function ownKeeper({ journal, retention, limits, logger, closeWithinMs }: Settings): Keeper {
  let closed = false;
  const kept = journal ?? memoryJournal(retention, Date.now, limits.keptBytes);
  const operations = createOperations({
    journal: kept,
    // Deliveries are heard of up to two seconds late: the next process keeps those outcomes like undelivered ones.
    warn: (message, operation) =>
      closed || logger.warn(operation === undefined ? {} : { operation: operation.id }, message),
  });
  return {
    operations,
    async drain() {
      // The next process tells what became of those that still run.
      if (!(await operations.drain(closeWithinMs))) operations.abandon();
    },
    async close() {
      closed = true;
      let opened: Journal;
      try {
        opened = await kept;
      } catch {
        // It was never open, which the log was told.
        return;
      }
      await opened.close?.();
    },
  };
}
