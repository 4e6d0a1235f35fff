/** Where the state of a served folder is kept by default. */
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import type { Terminal } from "../terminal.ts";

/** What decides where programs keep their state. */
export type Platform = Pick<Terminal, "env" | "platform" | "home">;

/** The directory of all of Meanwhile's state of this user. */
export function stateHome({ env, platform, home }: Platform): string {
  if (platform === "win32") return join(env["LOCALAPPDATA"] || join(home, "AppData", "Local"), "meanwhile");
  if (platform === "darwin") return join(home, "Library", "Application Support", "meanwhile");
  // XDG Base Directory Specification: a relative path is to be ignored.
  const xdg = env["XDG_STATE_HOME"];
  return join(xdg?.startsWith("/") ? xdg : join(home, ".local", "state"), "meanwhile");
}

/**
 * The directory of one served folder: its name, for people, and a hash of where it is, for uniqueness.
 * @param realFolder its real path
 */
export function stateDirectoryOf(realFolder: string, platform: Platform): string {
  const name =
    basename(realFolder)
      .replace(/[^A-Za-z0-9._-]+/g, "_")
      .slice(0, 40) || "root";
  const hash = createHash("sha256").update(realFolder).digest("hex").slice(0, 16);
  return join(stateHome(platform), `${name}-${hash}`);
}
