/** The thread that writes states: it commits what it is given, and decides nothing. {@link WriterThread} starts it. */
import { parentPort } from "node:worker_threads";
import { type Environment, openEnvironment } from "../tables/environment.ts";
import type { Batch } from "../tables/layer.ts";

/** What it is given: the path of a database, and what to commit; nothing more where it is to be closed. */
export interface WriterTask {
  readonly id: number;
  readonly path: string;
  readonly batch?: Batch;
}

/** What it answers to a task. */
export type WriterResult = { readonly id: number } & Outcome;

type Outcome =
  | { readonly done: true }
  | { readonly done: false; readonly message: string; readonly code: string | number | undefined };

const environments = new Map<string, Environment>();

parentPort?.on("message", async ({ id, path, batch }: WriterTask) => {
  const outcome = await attempt(() => (batch === undefined ? close(path) : write(path, batch)));
  parentPort?.postMessage({ id, ...outcome } satisfies WriterResult);
});

function write(path: string, batch: Batch): void {
  let environment = environments.get(path);
  if (environment === undefined) {
    environment = openEnvironment(path);
    environments.set(path, environment);
  }
  environment.write(batch);
}

function close(path: string): Promise<void> | undefined {
  const environment = environments.get(path);
  environments.delete(path);
  return environment?.close();
}

async function attempt(act: () => Promise<void> | void): Promise<Outcome> {
  try {
    const acting = act();
    if (acting !== undefined) await acting;
    return { done: true };
  } catch (error) {
    // A message would carry the message of an error alone, without the code.
    const { message, code } = error as NodeJS.ErrnoException;
    return { done: false, message, code };
  }
}
