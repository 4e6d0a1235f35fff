/** `meanwhile put`: content goes to the server. */
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { Change, LongRequest } from "@meanwhile/client";
import { encodeName } from "@meanwhile/dav/path";
import type { Command } from "commander";
import { failed, wrongUsage } from "../command-error.ts";
import { printable } from "../display/printable.ts";
import { remoteCommand, type TypedConnection } from "../remote/connection-options.ts";
import { follow } from "../remote/follow.ts";
import { followFolder } from "../remote/follow-folder.ts";
import { lockTokenOption, parseLockTokens, type TypedLockTokens } from "../remote/lock-tokens.ts";
import { collectionUrl, commonCollection, parseRemoteUrl, shownPath } from "../remote/remote-url.ts";
import { type CommandContext, inSession, type Session } from "../remote/session.ts";
import { folderOptions, parseFolderOptions, type TypedFolderOptions } from "./folder-options.ts";
import { tellFolder } from "./folder-result.ts";
import { doneOrAccepted, operationFact, tookPhrase } from "./operation-result.ts";

interface TypedPut extends TypedConnection, TypedLockTokens, TypedFolderOptions {
  readonly recursive?: boolean;
  readonly type?: string;
  /** False: `--no-overwrite`. */
  readonly overwrite?: boolean;
}

export function putCommand(context: CommandContext): Command {
  return lockTokenOption(folderOptions(remoteCommand("put", "upload a document, or a folder with -r")))
    .argument("<LOCAL>", "a file, or with -r a folder; - is standard input")
    .argument("<URL>", "where to; a URL that ends in / takes a file under its own name")
    .option("-r, --recursive", "a folder with all that is in it; its members come into the collection URL")
    .option("-n, --no-overwrite", "replace no document")
    .option("--type <TYPE>", "the content type, such as text/plain (default: the server's choice)")
    .action(async (typedLocal: string, typedUrl: string, typed: TypedPut) => {
      const remote = parseRemoteUrl(typedUrl);
      const options = parseFolderOptions(typed);
      const lockTokens = parseLockTokens(typed, context.terminal);
      checkCombination(typedLocal, remote.url, typed);
      const recursive = typed.recursive === true;
      const base = recursive ? collectionUrl(remote.url) : commonCollection([remote]);
      const session = {
        remotes: [remote],
        base,
        typed,
        repeatable: typedLocal !== "-",
        keepsDestination: typed.overwrite === false,
        resumable: typedLocal !== "-",
      } as const;
      await inSession(context, session, async (opened) => {
        if (typedLocal === "-") return fromInput(opened, remote.url, typed, lockTokens);
        if (recursive) return fromFolder(opened, typedLocal, remote.url, { ...options, lockTokens });
        await fromFile(opened, typedLocal, remote.url, typed, lockTokens);
      });
    });
}

function checkCombination(typedLocal: string, url: URL, typed: TypedPut): void {
  const recursive = typed.recursive === true;
  if (typed.dryRun === true && !recursive) throw wrongUsage("--dry-run needs -r");
  if (recursive && typed.type !== undefined) throw wrongUsage("--type is for one document, not for -r");
  if (recursive && typed.overwrite === false)
    throw wrongUsage("--no-overwrite is for one document, not for -r");
  if (typedLocal === "-" && recursive) throw wrongUsage("-r needs a folder, not -");
  if (typedLocal === "-" && url.pathname.endsWith("/")) {
    throw wrongUsage("standard input has no name: the URL must not end in /");
  }
  if (typed.type !== undefined && !/^[\w.+-]+\/[\w.+-]+(?:;.*)?$/.test(typed.type)) {
    throw wrongUsage(`--type takes a type such as text/plain, not ${JSON.stringify(typed.type)}`);
  }
}

function putOptions(typed: TypedPut, lockTokens: readonly string[]) {
  return {
    lockTokens,
    ...(typed.type === undefined ? {} : { contentType: typed.type }),
    ...(typed.overwrite === false ? { ifNoneMatch: "*" } : {}),
  };
}

/** A stream can be sent once: after a lost connection it cannot begin again. */
async function fromInput(
  session: Session,
  url: URL,
  typed: TypedPut,
  lockTokens: readonly string[],
): Promise<void> {
  const input = session.terminal.input();
  const content = ReadableStream.from(input) as ReadableStream<Uint8Array>;
  const request = session.client.put(url, content, putOptions(typed, lockTokens));
  await tellUpload(session, request, "standard input", url);
}

async function fromFile(
  session: Session,
  typedLocal: string,
  typedUrl: URL,
  typed: TypedPut,
  lockTokens: readonly string[],
): Promise<void> {
  const file = resolve(session.terminal.cwd, typedLocal);
  const stats = await stat(file);
  if (stats.isDirectory()) throw wrongUsage(`${printable(typedLocal)} is a folder: put -r uploads it`);
  if (!stats.isFile())
    throw failed(`${printable(typedLocal)} is no plain file; its content can come from standard input: -`);
  const url = new URL(typedUrl);
  if (url.pathname.endsWith("/")) url.pathname += encodeName(basename(file));
  const { uploadDocument } = await import("@meanwhile/client/folder");
  const request = uploadDocument(session.client, file, url, putOptions(typed, lockTokens));
  await tellUpload(session, request, typedLocal, url);
}

async function tellUpload(
  session: Session,
  request: LongRequest<Change>,
  local: string,
  url: URL,
): Promise<void> {
  const followed = await follow(session, request, `putting ${local}`, { transfer: true });
  const { status, created, etag } = followed.outcome;
  const replaced = created || status === 202 ? "" : ", replacing what was there";
  const phrase = `${printable(local)} to ${shownPath(url)}${replaced}${tookPhrase(followed)}`;
  const { action, text } = doneOrAccepted(status, "put", phrase);
  await session.report.done(
    text,
    operationFact(
      action,
      { url: url.href, status, created, ...(etag === undefined ? {} : { etag }) },
      followed,
    ),
  );
}

async function fromFolder(
  session: Session,
  typedLocal: string,
  url: URL,
  options: ReturnType<typeof parseFolderOptions> & { readonly lockTokens: readonly string[] },
): Promise<void> {
  const collection = collectionUrl(url);
  const folder = resolve(session.terminal.cwd, typedLocal);
  const { uploadFolder } = await import("@meanwhile/client/folder");
  const work = uploadFolder(session.client, folder, collection, options);
  const followed = await followFolder(session, work, `putting ${printable(typedLocal)}`);
  const done = `put ${printable(typedLocal)} into ${shownPath(collection)}`;
  await tellFolder(session, done, followed, { url: collection.href, folder });
}
