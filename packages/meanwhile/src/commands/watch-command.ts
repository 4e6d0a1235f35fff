/** `meanwhile watch`: comes back to an operation, and waits for its end. */
import type { Command } from "commander";
import { nameAmount } from "../display/amounts.ts";
import { remoteCommand, type TypedConnection } from "../remote/connection-options.ts";
import { follow } from "../remote/follow/follow.ts";
import { commonCollection, parseRemoteUrl } from "../remote/remote-url.ts";
import { type CommandContext, inSession } from "../remote/session.ts";
import { operationFact, tookPhrase } from "./operation-result.ts";

/** `meanwhile watch URL`: its options, and what it does. */
export function watchCommand(context: CommandContext): Command {
  return remoteCommand("watch", "come back to an operation and wait for its end")
    .argument("<URL>", "its status document")
    .action(async (typedUrl: string, typed: TypedConnection) => {
      const remote = parseRemoteUrl(typedUrl, { query: true });
      const base = commonCollection([remote]);
      await inSession(context, { remotes: [remote], base, typed }, async (session) => {
        const followed = await follow(session, session.client.watch(remote.url), "the operation");
        const { outcome, progress } = followed;
        // Only now: it loads the client.
        const { refuseFailure } = await import("../remote/follow/outcome-response.ts");
        await refuseFailure(outcome, remote.url);
        const total = progress?.total;
        const members = total === undefined || total <= 1 ? "" : `: ${nameAmount(total, "members")}`;
        await session.report.done(
          `done (${outcome.status})${members}${tookPhrase(followed)}`,
          operationFact("watched", { url: remote.url.href, status: outcome.status }, followed),
        );
      });
    });
}
