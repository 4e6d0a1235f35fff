/** How worker threads are started: from sources, from the build, and from a bundle. */
import { extname } from "node:path";
import { Worker, type WorkerOptions } from "node:worker_threads";

/**
 * Starts a module as a worker thread.
 *
 * @param name of the module beside the caller's, without its extension; it ends with "-worker", which bundles keep
 * @param caller `import.meta.url` of the caller
 */
export function startThread(name: string, caller: string, options: WorkerOptions = {}): Worker {
  const extension = extname(caller);
  // Node 20 runs sources by a loader that the process was started with; what is built needs no options.
  const execArgv =
    extension === ".ts" ? process.execArgv.filter((option) => option.startsWith("--import=")) : [];
  return new Worker(new URL(`./${name}${extension}`, caller), { execArgv, ...options });
}
