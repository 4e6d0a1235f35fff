import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import type { FolderSurroundings } from "./folder-surroundings.ts";

/** What tells where programs keep state. */
export type StateSurroundings = Pick<FolderSurroundings, "env" | "platform" | "home">;

/** Where programs keep state by default, for what is known of folders. */
export function defaultStateDirectory(surroundings: StateSurroundings): string {
  return join(stateHome(surroundings), "folders");
}

/** The same for uploads that are under way. */
export function defaultUploadsDirectory(surroundings: StateSurroundings): string {
  return join(stateHome(surroundings), "uploads");
}

function stateHome({ env, platform, home }: StateSurroundings): string {
  if (platform === "win32") return join(env["LOCALAPPDATA"] || join(home, "AppData", "Local"), "meanwhile");
  if (platform === "darwin") return join(home, "Library", "Application Support", "meanwhile");
  // XDG Base Directory Specification: a relative path is to be ignored.
  const xdg = env["XDG_STATE_HOME"];
  return join(xdg?.startsWith("/") ? xdg : join(home, ".local", "state"), "meanwhile");
}

/** One file for each pair of real folder and collection: a name for people, and a hash. */
export function stateFileName(realFolder: string, collection: URL): string {
  const name =
    basename(realFolder)
      .replace(/[^A-Za-z0-9._-]+/g, "_")
      .slice(0, 40) || "root";
  const hash = createHash("sha256").update(`${realFolder}\0${collection.href}`).digest("hex").slice(0, 32);
  return `${name}-${hash}.jsonl`;
}
