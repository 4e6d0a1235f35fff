/**
 * `node --import=` this file, and TypeScript sources run as they stand, on every Node that we support, also in worker
 * threads: tests that start threads or kill a process need no build. Node 22.18 and later can do it alone.
 */
import { readFile } from "node:fs/promises";
import { register } from "node:module";

/** The module loader runs in a thread of its own, where this file is loaded once more. */
const inLoader = "?loader";

if (!import.meta.url.endsWith(inLoader) && !process.features.typescript) {
  register(import.meta.url + inLoader);
}

/** Hook of Node's module loader. */
export async function load(url, context, nextLoad) {
  if (!url.endsWith(".ts")) return nextLoad(url, context);
  const { transformSync } = await import("rolldown/utils");
  const { code } = transformSync(url, await readFile(new URL(url), "utf8"), {});
  return { format: "module", source: code, shortCircuit: true };
}
