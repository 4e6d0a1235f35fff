/** `meanwhile sync`: makes one side like the other. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { wrongUsage } from "../../command-error.ts";
import { printable } from "../../display/printable.ts";
import { mustBeFolder } from "../../options/local-place.ts";
import { remoteCommand, type TypedConnection } from "../../remote/connection-options.ts";
import { followFolder } from "../../remote/follow/follow-folder.ts";
import { lockTokenOption, parseLockTokens, type TypedLockTokens } from "../../remote/lock-tokens.ts";
import { collectionUrl, looksRemote, parseRemoteUrl, shownPath } from "../../remote/remote-url.ts";
import { type CommandContext, inSession } from "../../remote/session.ts";
import { folderOptions, parseFolderOptions, type TypedFolderOptions } from "./folder-options.ts";
import { tellFolder } from "./folder-result.ts";

interface TypedSync extends TypedConnection, TypedLockTokens, TypedFolderOptions {
  readonly delete?: boolean;
  readonly force?: boolean;
  readonly replace?: boolean;
}

/** `meanwhile sync FROM TO`: its options, and what it does. */
export function syncCommand(context: CommandContext): Command {
  return lockTokenOption(
    folderOptions(remoteCommand("sync", "make a folder here and one at the server the same, one way")),
  )
    .argument("<FROM>", "a folder of this machine, or the URL of a folder")
    .argument("<TO>", "the other one: it becomes like FROM")
    .option("--delete", "delete in TO what is not in FROM")
    .option("--replace", "let a folder in TO, with all in it, be replaced by a file, and a file by a folder")
    .option("--force", "replace also what was changed in TO since the last time")
    .action(async (from: string, to: string, typed: TypedSync) => {
      if (looksRemote(from) === looksRemote(to)) {
        throw wrongUsage("sync takes a folder and a URL, or a URL and a folder: the first is the source");
      }
      const direction = looksRemote(to) ? "up" : "down";
      const [typedUrl, typedFolder] = direction === "up" ? [to, from] : [from, to];
      const remote = parseRemoteUrl(typedUrl);
      const folder = resolve(context.terminal.cwd, typedFolder);
      const url = collectionUrl(remote.url);
      const options = {
        ...parseFolderOptions(typed),
        direction,
        delete: typed.delete ?? false,
        force: typed.force ?? false,
        replace: typed.replace ?? false,
        lockTokens: parseLockTokens(typed, context.terminal),
      } as const;
      await mustBeFolder(context.terminal.cwd, typedFolder, { made: direction === "down" });
      await inSession(context, { remotes: [remote], base: url, typed, resumable: true }, async (session) => {
        const { syncFolder } = await import("@meanwhile/sync");
        const label = `syncing ${printable(typedFolder)}`;
        const followed = await followFolder(session, syncFolder(session.client, folder, url, options), label);
        const [one, other] =
          direction === "up"
            ? [printable(typedFolder), shownPath(url)]
            : [shownPath(url), printable(typedFolder)];
        await tellFolder(session, `synced ${one} to ${other}`, followed, {
          direction,
          folder,
          url: url.href,
        });
      });
    });
}
