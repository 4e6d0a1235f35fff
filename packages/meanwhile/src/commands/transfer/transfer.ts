/** What `meanwhile cp` and `meanwhile mv` share: the server copies or moves. */
import type { Change, LongRequest, TransferOptions } from "@meanwhile/client";
import type { Command } from "commander";
import { CommandError, wrongUsage } from "../../command-error.ts";
import { nameAmount } from "../../display/amounts.ts";
import { printable } from "../../display/printable.ts";
import { remoteCommand, type TypedConnection } from "../../remote/connection-options.ts";
import { betterReason } from "../../remote/explain/better-reason.ts";
import { follow } from "../../remote/follow/follow.ts";
import { lockTokenOption, parseLockTokens, type TypedLockTokens } from "../../remote/lock-tokens.ts";
import { commonParent, looksRemote, parseRemoteUrl, shownPath } from "../../remote/remote-url.ts";
import { type CommandContext, inSession, type Session } from "../../remote/session.ts";
import { doneOrAccepted, operationFact, tookPhrase } from "../operation-result.ts";
import { type PlannedTransfer, planTransfer } from "./plan-transfer.ts";

export interface TypedTransfer extends TypedConnection, TypedLockTokens {
  /** False: `--no-overwrite`. */
  readonly overwrite?: boolean;
  readonly replace?: boolean;
}

/** A command with the arguments and options of both. */
export function transferCommand(name: string, description: string): Command {
  return lockTokenOption(remoteCommand(name, description))
    .argument("<FROM>", "URL of the file or folder")
    .argument("<TO>", "its new URL; a folder takes it under its own name, unless FROM is one that ends in /")
    .option("-n, --no-overwrite", "replace nothing")
    .option("--replace", "let TO be replaced where it is a folder, with all in it, or of another kind");
}

export type StartTransfer = (
  session: Session,
  source: URL,
  target: URL,
  options: TransferOptions,
) => LongRequest<Change>;

/** Does it, with `start` for the request. */
export async function transfer(
  context: CommandContext,
  command: "cp" | "mv",
  [from, to]: readonly [from: string, to: string],
  typed: TypedTransfer & { readonly shallow?: boolean },
  start: StartTransfer,
): Promise<void> {
  const lockTokens = parseLockTokens(typed, context.terminal);
  if (!looksRemote(from)) throw notRemote(command, from, "put");
  if (!looksRemote(to)) throw notRemote(command, to, "get");
  const [replace, keep] = [typed.replace === true, typed.overwrite === false];
  if (replace && keep) throw wrongUsage("--replace does not go with --no-overwrite");
  const remotes = [parseRemoteUrl(from), parseRemoteUrl(to)] as const;
  const [source, given] = remotes;
  const verb = command === "cp" ? "copy" : "move";
  const wish = {
    from: source.url,
    to: given.url,
    verb,
    shallow: typed.shallow === true,
    replace,
    keep,
  } as const;
  await inSession(context, { remotes, base: commonParent(remotes), typed }, async (session) => {
    const plan = await planTransfer(session.client, wish, { signal: session.signal });
    const request = start(session, plan.source, plan.target, { overwrite: plan.overwrite, lockTokens });
    const doing = command === "cp" ? "copying" : "moving";
    const done = command === "cp" ? "copied" : "moved";
    const label = `${doing} ${shownPath(plan.source)}`;
    const followed = await follow(session, request, label).catch(async (error: unknown) => {
      if (lockTokens.length > 0) throw error;
      const told = await refusedError(error, plan);
      if (told !== error) throw told;
      throw await betterReason(error, session.client, plan.target, { signal: session.signal });
    });
    const total = followed.progress?.total;
    const members = total === undefined || total <= 1 ? "" : `: ${nameAmount(total, "members")}`;
    const { status, created } = followed.outcome;
    const unforeseen = plan.overwrite && !created && status !== 202 ? "something" : undefined;
    const replaced = plan.replaced ?? unforeseen;
    const phrase = `${shownPath(plan.source)} to ${shownPath(plan.target)}${replacing(replaced)}${members}${tookPhrase(followed)}`;
    const { action, text } = doneOrAccepted(status, done, phrase);
    const facts = {
      from: plan.source.href,
      to: plan.target.href,
      status,
      created,
      replaced: replaced !== undefined,
    };
    await session.report.done(text, operationFact(action, facts, followed));
  });
}

function replacing(replaced: PlannedTransfer["replaced"]): string {
  if (replaced === undefined) return "";
  return replaced === "folder" ? ", replacing the folder that was there" : ", replacing what was there";
}

/** What a status means after what was found before. */
async function refusedError(error: unknown, plan: PlannedTransfer): Promise<unknown> {
  const { HttpError } = await import("@meanwhile/client");
  if (!(error instanceof HttpError)) return error;
  const place = shownPath(plan.target);
  // With `Overwrite: F` it says that something is there (RFC 4918 §9.8.5): it was not told when it was looked for.
  if (error.status === 412 && !plan.overwrite) {
    const message = `something is at ${place}, which the server did not tell before; look what it is; --replace replaces it`;
    return new CommandError(8, message, { cause: error });
  }
  if (!plan.ofFolder || plan.replaced !== "file" || !noWay(error.status)) return error;
  const message = `${place} is a file, and this server puts no folder in its place (${error.status}); delete the file with \`meanwhile rm\` first`;
  return new CommandError(8, message, { cause: error });
}

/** How servers say that one kind does not replace the other. */
function noWay(status: number): boolean {
  return status < 401 || status === 405 || status === 409 || status === 500;
}

function notRemote(command: string, typed: string, meant: "get" | "put"): CommandError {
  const what = printable(JSON.stringify(typed));
  return wrongUsage(
    `${command} works within a server, and ${what} is no URL; perhaps \`meanwhile ${meant}\` is meant`,
  );
}
