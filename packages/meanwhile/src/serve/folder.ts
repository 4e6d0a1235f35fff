/** The folder to serve, and where its state lives. */
import { createHash } from "node:crypto";
import { realpathSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Platform, plainName, stateHome } from "@meanwhile/sync/places";
import { wrongUsage } from "../command-error.ts";
import type { ServeOptions } from "../options/serve-options.ts";
import { isWithin } from "./place-within.ts";
import { placeSample } from "./welcome/sample.ts";

export interface ServedFolder {
  /** Its real path. */
  readonly folder: string;
  /** Absolute; it need not exist yet. */
  readonly state: string;
  /** Whether it is the sample that comes with the program. */
  readonly sample: boolean;
}

/**
 * @throws {CommandError} where there is no such folder, or its state would lie in it: clients could read, change and
 *   delete what the server knows of locks and of others' requests
 */
export async function findFolder(
  options: Pick<ServeOptions, "folder" | "state">,
  platform: Platform,
): Promise<ServedFolder> {
  const sample = options.folder === undefined;
  const chosen =
    options.folder === undefined
      ? await placeSample(resolve(options.state ?? stateHome(platform), "sample"))
      : resolve(options.folder);
  const folder = realFolder(chosen);
  const state = options.state === undefined ? stateDirectoryOf(folder, platform) : resolve(options.state);
  if (isWithin(folder, state)) {
    throw wrongUsage(`the state directory ${state} lies in the served folder; choose another with --state`);
  }
  return { folder, state, sample };
}

function realFolder(path: string): string {
  let real: string;
  try {
    real = realpathSync.native(path);
  } catch (cause) {
    throw wrongUsage(`${path}: there is no such folder, or it may not be entered`, cause);
  }
  if (!statSync(real).isDirectory()) throw wrongUsage(`${path} is not a folder`);
  return real;
}

/**
 * Where the state of a served folder is kept by default: its name, for people, and a hash of where it is, for uniqueness.
 * @param realFolder its real path
 */
export function stateDirectoryOf(realFolder: string, platform: Platform): string {
  const hash = createHash("sha256").update(realFolder).digest("hex").slice(0, 16);
  return join(stateHome(platform), `${plainName(realFolder)}-${hash}`);
}
