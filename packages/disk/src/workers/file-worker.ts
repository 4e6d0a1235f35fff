/** A thread that makes calls to the file system, one after the other. {@link FileWorkers} starts it. */
import { parentPort } from "node:worker_threads";
import { type FileOperation, fileOperations } from "../calls/file-operations.ts";
import { CallTime } from "./call-time.ts";

const callTime = new CallTime();

/** What a worker is asked. */
export interface FileTask {
  readonly operation: FileOperation;
  readonly args: readonly unknown[];
}

/** What it answers: the result, or the parts of the error that the operation failed with. */
export type FileTaskResult = { readonly ms: number } & (
  | { readonly value: unknown }
  | { readonly error: Readonly<Record<string, unknown>> }
);

parentPort?.on("message", ({ operation, args }: FileTask) => {
  const began = callTime.begin();
  const result = attempt(operation, args);
  const told: FileTaskResult = { ms: callTime.since(began), ...result };
  const memory =
    "value" in result && ArrayBuffer.isView(result.value) ? [result.value.buffer as ArrayBuffer] : [];
  parentPort?.postMessage(told, memory);
});

function attempt(
  operation: FileOperation,
  args: readonly unknown[],
): { readonly value: unknown } | { readonly error: Readonly<Record<string, unknown>> } {
  try {
    // The caller's types fit the arguments to the operation.
    const run = fileOperations[operation] as (...given: readonly unknown[]) => unknown;
    return { value: run(...args) };
  } catch (error) {
    // A message would carry the message of an error alone, without the code.
    return {
      error: { message: error instanceof Error ? error.message : String(error), ...(error as object) },
    };
  }
}
