/** Options of the commands that transfer folders. */
import type { Command } from "commander";
import { wrongUsage } from "../../command-error.ts";

export interface TypedFolderOptions {
  readonly jobs?: string;
  readonly dryRun?: boolean;
}

/** Adds the options of all commands that transfer folders. */
export function folderOptions(command: Command): Command {
  return command
    .option("-j, --jobs <N>", "so many transfers at once, of a folder (default: 4)")
    .option("--dry-run", "only tell what would be done to a folder");
}

/** @throws {CommandError} */
export function parseFolderOptions({ jobs = "4", dryRun = false }: TypedFolderOptions): {
  readonly concurrency: number;
  readonly dryRun: boolean;
} {
  const concurrency = /^\d{1,2}$/.test(jobs) ? Number(jobs) : 0;
  if (concurrency < 1 || concurrency > 64)
    throw wrongUsage(`--jobs takes a number from 1 to 64, not ${JSON.stringify(jobs)}`);
  return { concurrency, dryRun };
}
