import { readdirSync } from "node:fs";
import { rootMarkName } from "../paths/names.ts";

/** The names in a directory, sorted, without the mark of a served root; with `recursive` also those below it. */
export function listed(directory: string, options: { readonly recursive?: boolean } = {}): string[] {
  const recursive = options.recursive === true;
  return readdirSync(directory, { recursive, encoding: "utf8" })
    .filter((name) => name !== rootMarkName)
    .sort();
}
