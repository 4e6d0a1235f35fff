/**
 * Where Meanwhile keeps its state on this machine, for our own command. It may change with any version.
 * Nothing here reaches the client, so that a server can start without it.
 */
import { basename, join } from "node:path";

/** What decides where programs keep their state. */
export interface Platform {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The home directory of the user. */
  readonly home: string;
}

/** The directory of all of Meanwhile's state of this user, an absolute path. */
export function stateHome({ env, platform, home }: Platform): string {
  if (platform === "win32") return join(env["LOCALAPPDATA"] || join(home, "AppData", "Local"), "meanwhile");
  if (platform === "darwin") return join(home, "Library", "Application Support", "meanwhile");
  // XDG Base Directory Specification: a relative path is to be ignored.
  const xdg = env["XDG_STATE_HOME"];
  return join(xdg?.startsWith("/") ? xdg : join(home, ".local", "state"), "meanwhile");
}

/** The last name of a path for people to recognise it by: at most 40 letters, digits, dots, hyphens and underscores. */
export function plainName(path: string): string {
  return (
    basename(path)
      .replace(/[^A-Za-z0-9._-]+/g, "_")
      .slice(0, 40) || "root"
  );
}
