/** Where the state of a served folder is kept by default. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Platform, plainName, stateHome } from "@meanwhile/sync/places";

/**
 * The directory of one served folder: its name, for people, and a hash of where it is, for uniqueness.
 * @param realFolder its real path
 */
export function stateDirectoryOf(realFolder: string, platform: Platform): string {
  const hash = createHash("sha256").update(realFolder).digest("hex").slice(0, 16);
  return join(stateHome(platform), `${plainName(realFolder)}-${hash}`);
}
