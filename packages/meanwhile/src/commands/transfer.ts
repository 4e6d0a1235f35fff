/** What `meanwhile cp` and `meanwhile mv` share: the server copies or moves. */
import type { Change, LongRequest, TransferOptions } from "@meanwhile/client";
import type { Command } from "commander";
import { type CommandError, wrongUsage } from "../command-error.ts";
import { nameAmount } from "../display/amounts.ts";
import { printable } from "../display/printable.ts";
import { remoteCommand, type TypedConnection } from "../remote/connection-options.ts";
import { follow } from "../remote/follow.ts";
import { lockTokenOption, parseLockTokens, type TypedLockTokens } from "../remote/lock-tokens.ts";
import { commonParent, encodedName, looksRemote, parseRemoteUrl, shownPath } from "../remote/remote-url.ts";
import { type CommandContext, inSession, type Session } from "../remote/session.ts";
import { doneOrAccepted, operationFact, tookPhrase } from "./operation-result.ts";

export interface TypedTransfer extends TypedConnection, TypedLockTokens {
  /** False: `--no-overwrite`. */
  readonly overwrite?: boolean;
}

/** A command with the arguments and options of both. */
export function transferCommand(name: string, description: string): Command {
  return lockTokenOption(remoteCommand(name, description))
    .argument("<FROM>", "URL of the resource")
    .argument(
      "<TO>",
      "its new URL; one that ends in / takes it under its own name, unless FROM ends in / too",
    )
    .option("-n, --no-overwrite", "replace nothing");
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
  typed: TypedTransfer,
  start: StartTransfer,
): Promise<void> {
  const lockTokens = parseLockTokens(typed, context.terminal);
  if (!looksRemote(from)) throw notRemote(command, from, "put");
  if (!looksRemote(to)) throw notRemote(command, to, "get");
  const source = parseRemoteUrl(from);
  const given = parseRemoteUrl(to);
  const target = targetOf(source.url, given.url);
  const overwrite = typed.overwrite !== false;
  const base = commonParent([source, { url: target }]);
  const remotes = [source, given] as const;
  await inSession(context, { remotes, base, typed, keepsDestination: !overwrite }, async (session) => {
    const doing = command === "cp" ? "copying" : "moving";
    const done = command === "cp" ? "copied" : "moved";
    const request = start(session, source.url, target, { overwrite, lockTokens });
    const followed = await follow(session, request, `${doing} ${shownPath(source.url)}`);
    const total = followed.progress?.total;
    const members = total === undefined || total <= 1 ? "" : `: ${nameAmount(total, "members")}`;
    const { status, created } = followed.outcome;
    const phrase = `${shownPath(source.url)} to ${shownPath(target)}${members}${tookPhrase(followed)}`;
    const { action, text } = doneOrAccepted(status, done, phrase);
    await session.report.done(
      text,
      operationFact(action, { from: source.url.href, to: target.href, status, created }, followed),
    );
  });
}

function notRemote(command: string, typed: string, meant: "get" | "put"): CommandError {
  const what = printable(JSON.stringify(typed));
  return wrongUsage(
    `${command} works within a server, and ${what} is no URL; perhaps \`meanwhile ${meant}\` is meant`,
  );
}

function targetOf(source: URL, given: URL): URL {
  const sourceIsCollection = source.pathname.endsWith("/");
  const target = new URL(given);
  if (given.pathname.endsWith("/")) {
    if (!sourceIsCollection) target.pathname += encodedName(source);
  } else if (sourceIsCollection) {
    target.pathname += "/";
  }
  return target;
}
