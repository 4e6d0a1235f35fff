/** `meanwhile put`: content goes to the server. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { Change, LongRequest } from "@meanwhile/client";
import { encodeName } from "@meanwhile/dav";
import type { Command } from "commander";
import { CommandError, wrongUsage } from "../../command-error.ts";
import { printable } from "../../display/printable.ts";
import { resumedOf } from "../../display/progress-facts.ts";
import { newsOfRequest } from "../../display/work-news.ts";
import { mustBeFile, mustBeFolder } from "../../options/local-place.ts";
import { remoteCommand, type TypedConnection } from "../../remote/connection-options.ts";
import { betterReason } from "../../remote/explain/better-reason.ts";
import { follow } from "../../remote/follow/follow.ts";
import { followFolder } from "../../remote/follow/follow-folder.ts";
import { lockTokenOption, parseLockTokens, type TypedLockTokens } from "../../remote/lock-tokens.ts";
import { type Found, lookAt } from "../../remote/look-at.ts";
import {
  collectionUrl,
  commonCollection,
  looksRemote,
  parseRemoteUrl,
  shownPath,
} from "../../remote/remote-url.ts";
import { type CommandContext, inSession, type Session } from "../../remote/session.ts";
import { doneOrAccepted, operationFact, tookPhrase } from "../operation-result.ts";
import { folderOptions, parseFolderOptions, type TypedFolderOptions } from "./folder-options.ts";
import { tellFolder } from "./folder-result.ts";
import { mustBeStored } from "./must-be-stored.ts";

interface TypedPut extends TypedConnection, TypedLockTokens, TypedFolderOptions {
  readonly recursive?: boolean;
  readonly type?: string;
  /** False: `--no-overwrite`. */
  readonly overwrite?: boolean;
}

/** `meanwhile put FILE URL`: its options, and what it does. */
export function putCommand(context: CommandContext): Command {
  return lockTokenOption(folderOptions(remoteCommand("put", "upload a file, or a folder with -r")))
    .argument("<LOCAL>", "a file, or with -r a folder; - is standard input")
    .argument("<URL>", "where to; a folder, or a URL that ends in /, takes a file under its own name")
    .option("-r, --recursive", "a folder with all that is in it; its members come into the folder URL")
    .option("-n, --no-overwrite", "replace no file")
    .option("--type <TYPE>", "the content type, such as text/plain (default: the server's choice)")
    .action(async (typedLocal: string, typedUrl: string, typed: TypedPut) => {
      if (looksRemote(typedLocal) && !looksRemote(typedUrl))
        throw wrongUsage("put takes the file first, and then the URL; get downloads");
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
  if (recursive && typed.type !== undefined) throw wrongUsage("--type is for one file, not for -r");
  if (recursive && typed.overwrite === false) throw wrongUsage("--no-overwrite is for one file, not for -r");
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
  const found = await kindThere(session, url);
  if (found === "folder")
    throw new CommandError(8, `${shownPath(url)} is a folder, and standard input has no name: add one`);
  mayReplace(url, found, typed);
  let sent = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const bytes of session.terminal.input()) {
      yield bytes;
      sent += bytes.length;
    }
  }
  const content = ReadableStream.from(counted()) as ReadableStream<Uint8Array>;
  const request = session.client.put(url, content, putOptions(typed, lockTokens));
  await tellUpload(session, request, "standard input", url, () =>
    mustBeStored(session, url, { bytes: sent }),
  );
}

/** Who may only put something there may not look: then PUT tells what is the matter. */
async function kindThere({ client, signal }: Session, url: URL): Promise<Found["kind"]> {
  const { HttpError } = await import("@meanwhile/client");
  try {
    return (await lookAt(client, url, { signal })).kind;
  } catch (error) {
    if (error instanceof HttpError && error.status === 401) return "untold";
    throw error;
  }
}

/**
 * Not all servers heed `If-None-Match`.
 * @throws {CommandError} 8 where `--no-overwrite` keeps what is there
 */
function mayReplace(url: URL, found: Found["kind"], { overwrite }: TypedPut): void {
  if (overwrite !== false || (found !== "file" && found !== "something")) return;
  const message = `${shownPath(url)}: something is there already; without --no-overwrite it is replaced`;
  throw new CommandError(8, message);
}

/**
 * Where a file goes: what is there as a folder takes it under its own name.
 * @throws {CommandError} 8 where a folder has that name, or something that is to be kept
 */
async function placeFor(session: Session, typedUrl: URL, file: string, typed: TypedPut): Promise<URL> {
  const within = new URL(encodeName(basename(file)), collectionUrl(typedUrl));
  const places = typedUrl.pathname.endsWith("/") ? [within] : [typedUrl, within];
  for (const place of places) {
    const found = await kindThere(session, place);
    if (found === "folder") continue;
    mayReplace(place, found, typed);
    return place;
  }
  throw new CommandError(8, `${shownPath(within)} is a folder; a file does not take its place`);
}

async function fromFile(
  session: Session,
  typedLocal: string,
  typedUrl: URL,
  typed: TypedPut,
  lockTokens: readonly string[],
): Promise<void> {
  const file = resolve(session.terminal.cwd, typedLocal);
  await mustBeFile(session.terminal.cwd, typedLocal);
  const url = await placeFor(session, typedUrl, file, typed);
  const { uploadDocument } = await import("@meanwhile/sync");
  const { size } = await stat(file);
  const request = uploadDocument(session.client, file, url, putOptions(typed, lockTokens));
  await tellUpload(session, request, typedLocal, url, () =>
    mustBeStored(session, url, { bytes: size, open: (start) => bytesOf(file, start) }),
  );
}

/** The file is opened when its first byte is asked for. */
async function* bytesOf(file: string, start: number): AsyncGenerator<Uint8Array> {
  yield* createReadStream(file, { start });
}

async function tellUpload(
  session: Session,
  request: LongRequest<Change>,
  local: string,
  url: URL,
  check: () => Promise<void>,
): Promise<void> {
  const followed = await follow(session, request, `putting ${local}`, { transfer: true }).catch(
    async (error: unknown) => {
      throw await betterReason(error, session.client, url, { signal: session.signal });
    },
  );
  const { status, created, etag } = followed.outcome;
  if (status !== 202) await check();
  const replaced = created || status === 202 ? "" : ", replacing what was there";
  const { progress } = followed;
  const resumed = progress === undefined ? [] : resumedOf(newsOfRequest(progress));
  const phrase = `${printable(local)} to ${shownPath(url)}${replaced}${resumed.map((text) => `, ${text}`).join("")}${tookPhrase(followed)}`;
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
  await mustBeFolder(session.terminal.cwd, typedLocal);
  const collection = collectionUrl(url);
  const folder = resolve(session.terminal.cwd, typedLocal);
  const { uploadFolder } = await import("@meanwhile/sync");
  const work = uploadFolder(session.client, folder, collection, options);
  const followed = await followFolder(session, work, `putting ${printable(typedLocal)}`);
  const done = `put ${printable(typedLocal)} into ${shownPath(collection)}`;
  await tellFolder(session, done, followed, { url: collection.href, folder });
}
