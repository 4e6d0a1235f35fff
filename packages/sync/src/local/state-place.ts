import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Platform, plainName, stateHome } from "../places.ts";

/** Where programs keep state by default, for what is known of folders. */
export function defaultStateDirectory(platform: Platform): string {
  return join(stateHome(platform), "folders");
}

/** The same for uploads that are under way. */
export function defaultUploadsDirectory(platform: Platform): string {
  return join(stateHome(platform), "uploads");
}

/** One file for each pair of real folder and collection: a name for people, and a hash. */
export function stateFileName(realFolder: string, collection: URL): string {
  const hash = createHash("sha256").update(`${realFolder}\0${collection.href}`).digest("hex").slice(0, 32);
  return `${plainName(realFolder)}-${hash}.jsonl`;
}
