/** `meanwhile unlock`: ends a lock. */
import type { Command } from "commander";
import { remoteCommand, type TypedConnection } from "../remote/connection-options.ts";
import { parseLockToken } from "../remote/lock-tokens.ts";
import { commonCollection, parseRemoteUrl, shownPath } from "../remote/remote-url.ts";
import { type CommandContext, inSession } from "../remote/session.ts";

/** `meanwhile unlock URL`: its options, and what it does. */
export function unlockCommand(context: CommandContext): Command {
  return remoteCommand("unlock", "end a lock")
    .argument("<URL>", "a file or folder that it protects")
    .argument("<TOKEN>", "as `meanwhile lock` and `meanwhile stat` tell it")
    .action(async (typedUrl: string, typedToken: string, typed: TypedConnection) => {
      const remote = parseRemoteUrl(typedUrl);
      const token = parseLockToken("unlock", typedToken);
      const base = commonCollection([remote]);
      await inSession(context, { remotes: [remote], base, typed }, async ({ client, report, signal }) => {
        await client.unlock(remote.url, token, { signal });
        await report.done(`unlocked ${shownPath(remote.url)}`, {
          type: "unlocked",
          url: remote.url.href,
          token,
        });
      });
    });
}
