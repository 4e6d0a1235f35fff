/** `meanwhile rm`: deletes resources. */
import type { Command } from "commander";
import { wrongUsage } from "../command-error.ts";
import { nameAmount } from "../display/amounts.ts";
import { remoteCommand, type TypedConnection } from "../remote/connection-options.ts";
import { follow } from "../remote/follow/follow.ts";
import { lockTokenOption, parseLockTokens, type TypedLockTokens } from "../remote/lock-tokens.ts";
import { isAbsent, isFileWithSlash, lookAt } from "../remote/look-at.ts";
import {
  collectionUrl,
  commonParent,
  parseRemoteUrls,
  shownPath,
  withoutSlash,
} from "../remote/remote-url.ts";
import { type CommandContext, forEachUrl, inSession, type Session } from "../remote/session.ts";
import { doneOrAccepted, operationFact, tookPhrase } from "./operation-result.ts";

interface TypedRm extends TypedConnection, TypedLockTokens {
  readonly recursive?: boolean;
  readonly force?: boolean;
}

/** `meanwhile rm URL`: its options, and what it does. */
export function rmCommand(context: CommandContext): Command {
  return lockTokenOption(remoteCommand("rm", "delete files and folders"))
    .argument("<URL...>", "what to delete")
    .option("-r, --recursive", "folders too, with all that is in them")
    .option("-f, --force", "it is no failure if nothing is there")
    .action(async (typedUrls: readonly string[], typed: TypedRm) => {
      const lockTokens = parseLockTokens(typed, context.terminal);
      const remotes = parseRemoteUrls(typedUrls);
      for (const { url } of remotes) {
        // Many servers take several slashes for one.
        if (/^\/+$/.test(url.pathname))
          throw wrongUsage(`${url.href} is the whole server: name what is in it`);
      }
      const base = commonParent(remotes);
      await inSession(context, { remotes, base, typed }, async (session) => {
        await forEachUrl(session, remotes, (url) => remove(session, url, typed, lockTokens));
      });
    });
}

const slashless: ReadonlySet<number> = new Set([301, 302, 307, 308, 400, 403, 409]);

async function remove(
  session: Session,
  url: URL,
  typed: TypedRm,
  lockTokens: readonly string[],
): Promise<void> {
  const { client, report, signal } = session;
  const { HttpError } = await import("@meanwhile/client");
  try {
    if (typed.recursive !== true) {
      const found = await lookAt(client, url, { signal });
      if (found.kind === "nothing") throw found.cause;
      if (found.kind === "folder")
        throw wrongUsage(`${shownPath(url)} is a folder: rm -r deletes it with all that is in it`);
      if (found.kind !== "file" && (await isFileWithSlash(client, url, { signal })))
        throw wrongUsage(`${shownPath(withoutSlash(url))} is a file: leave out the slash at its end`);
      if (found.kind !== "file")
        throw wrongUsage(
          `${shownPath(url)} may be a folder, the server does not tell: rm -r deletes it, with all that is in it`,
        );
    }
    const deleting = (at: URL) =>
      follow(session, client.delete(at, { lockTokens }), `deleting ${shownPath(at)}`);
    const followed = await deleting(url).catch(async (error: unknown) => {
      // Some refuse a collection's URL without its slash (RFC 4918 §5.2), or redirect it.
      const mayHelp =
        error instanceof HttpError && slashless.has(error.status) && !url.pathname.endsWith("/");
      if (!mayHelp || (await lookAt(client, url, { signal })).kind !== "folder") throw error;
      return deleting(collectionUrl(url));
    });
    const total = followed.progress?.total;
    const what = total === undefined || total <= 1 ? "" : `: ${nameAmount(total, "members")}`;
    const { status } = followed.outcome;
    const phrase = `${shownPath(url)}${what}${tookPhrase(followed)}`;
    const { action, text } = doneOrAccepted(status, "deleted", phrase);
    await report.done(text, operationFact(action, { url: url.href, status }, followed));
  } catch (error) {
    if (typed.force === true && error instanceof HttpError && isAbsent(error.status)) return;
    throw error;
  }
}
