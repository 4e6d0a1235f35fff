/** Loaded with nothing else where the version is all that is asked for. */
import { readFileSync } from "node:fs";
import { manifestFile } from "./package-files.ts";

/** The package's version. */
export function version(): string {
  const file: unknown = JSON.parse(readFileSync(manifestFile, "utf8"));
  const known = typeof file === "object" && file !== null && "version" in file;
  return known && typeof file.version === "string" ? file.version : "unknown";
}
