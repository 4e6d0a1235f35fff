/** `node --import` this file, and TypeScript sources run as they stand, on every Node that we support. */
import { readFile } from "node:fs/promises";
import { register } from "node:module";
import { isMainThread } from "node:worker_threads";

if (isMainThread && !process.features.typescript) register(import.meta.url);

/** Hook of Node's module loader, which runs in a thread of its own. */
export async function load(url, context, nextLoad) {
  if (!url.endsWith(".ts")) return nextLoad(url, context);
  const { default: typescript } = await import("typescript");
  const { outputText } = typescript.transpileModule(await readFile(new URL(url), "utf8"), {
    compilerOptions: { module: typescript.ModuleKind.ESNext, target: typescript.ScriptTarget.ES2023 },
  });
  return { format: "module", source: outputText, shortCircuit: true };
}
