/** `meanwhile get`: content comes to this machine. */
import { join, resolve, sep } from "node:path";
import type { Download, Resource } from "@meanwhile/client";
import type { Command } from "commander";
import { failed, wrongUsage } from "../../command-error.ts";
import { nameAmount } from "../../display/amounts.ts";
import { printable } from "../../display/printable.ts";
import { localStats, mustBeFolder, mustHaveFolder } from "../../options/local-place.ts";
import { remoteCommand, type TypedConnection } from "../../remote/connection-options.ts";
import { follow } from "../../remote/follow/follow.ts";
import { followFolder } from "../../remote/follow/follow-folder.ts";
import { afterwards } from "../../remote/look-at.ts";
import {
  collectionUrl,
  commonCollection,
  encodedName,
  looksRemote,
  nameOfUrl,
  parseRemoteUrl,
  shownPath,
  shownUrl,
} from "../../remote/remote-url.ts";
import { type CommandContext, inSession, type Session } from "../../remote/session.ts";
import { operationFact, tookPhrase } from "../operation-result.ts";
import { folderOptions, parseFolderOptions, type TypedFolderOptions } from "./folder-options.ts";
import { tellFolder } from "./folder-result.ts";

interface TypedGet extends TypedConnection, TypedFolderOptions {
  readonly recursive?: boolean;
}

/** `meanwhile get URL [FILE]`: its options, and what it does. */
export function getCommand(context: CommandContext): Command {
  return folderOptions(remoteCommand("get", "download a file, or a folder with -r"))
    .argument("<URL>", "what to download")
    .argument("[LOCAL]", "where to, a file or a folder; - is standard output (default: its own name, here)")
    .option("-r, --recursive", "a folder with all that is in it; its members come into the folder LOCAL")
    .action(async (typedUrl: string, typedLocal: string | undefined, typed: TypedGet) => {
      if (typedLocal !== undefined && looksRemote(typedLocal))
        throw wrongUsage(
          "get takes the URL first, and then the file; put uploads, and cp copies at the server",
        );
      const remote = parseRemoteUrl(typedUrl);
      const options = parseFolderOptions(typed);
      if (typed.dryRun === true && typed.recursive !== true) throw wrongUsage("--dry-run needs -r");
      if (typedLocal === "-" && typed.recursive === true) throw wrongUsage("-r needs a folder, not -");
      const base = typed.recursive === true ? collectionUrl(remote.url) : commonCollection([remote]);
      // What was written to standard output already cannot be begun again; but nothing is, before a login was asked for.
      await inSession(
        context,
        { remotes: [remote], base, typed, resumable: typedLocal !== "-" },
        async (session) => {
          if (typedLocal === "-") return toOutput(session, remote.url);
          if (typed.recursive === true) return toFolder(session, remote.url, typedLocal, options);
          await toFile(session, remote.url, typedLocal);
        },
      );
    });
}

async function toOutput(session: Session, url: URL): Promise<void> {
  const { client, terminal, signal, report } = session;
  if (report.json) throw wrongUsage("--json does not go with -: standard output is the file");
  const listed = await listedAt(session, url);
  if (listed?.collection) throw wrongUsage(`${shownPath(url)} is a folder: get -r downloads it`);
  const download = await client.get(url, { signal });
  const { content, length } = download;
  // Where the content goes to the terminal, a bar would be in the middle of it.
  const display = terminal.outputIsTerminal ? undefined : await report.progress(`getting ${shownPath(url)}`);
  let done = 0;
  try {
    for await (const bytes of content) {
      await terminal.write(bytes);
      done += bytes.length;
      const total = length === undefined ? {} : { total: length };
      display?.show({ stage: "receiving", unit: "bytes", done, ...total, failures: 0 });
    }
  } finally {
    display?.end();
  }
  mustBeWhole(download, done, listed);
}

/** Undefined where the server lists nothing, or not now: the content may come all the same. */
async function listedAt({ client, signal }: Session, url: URL): Promise<Resource | undefined> {
  const { ConnectionError, HttpError } = await import("@meanwhile/client");
  return client.stat(url, afterwards(signal)).catch((error: unknown) => {
    if (error instanceof HttpError) return undefined;
    if (error instanceof ConnectionError && error.mayHaveArrived) return undefined;
    throw error;
  });
}

/**
 * A transfer may end too early in good order. What was changed since is another matter.
 * @throws {CommandError} 1 where the server lists more than came
 */
function mustBeWhole(download: Download, came: number, listed: Resource | undefined): void {
  if (listed?.length === undefined || came >= listed.length) return;
  const differ = (one: string | undefined, other: string | undefined): boolean =>
    one !== undefined && other !== undefined && one !== other;
  const bare = (tag: string | undefined): string | undefined => tag?.replace(/^W\//, "");
  if (differ(bare(download.etag), bare(listed.etag))) return;
  if (differ(download.modified?.toISOString(), listed.modified?.toISOString())) return;
  const much = `${nameAmount(came, "bytes")} of the ${nameAmount(listed.length, "bytes")} that the server lists`;
  throw failed(`${shownPath(download.url)}: ${much} came; try again, or ask who runs the server`);
}

async function toFile(session: Session, url: URL, typedLocal: string | undefined): Promise<void> {
  const { client, report, terminal } = session;
  const local = await localFile(url, typedLocal, terminal.cwd);
  await mustHaveFolder(terminal.cwd, local);
  const file = resolve(terminal.cwd, local);
  const { downloadDocument, MemberError } = await import("@meanwhile/sync");
  const label = `getting ${shownPath(url)}`;
  const work = downloadDocument(client, url, file);
  const followed = await follow(session, work, label, { transfer: true }).catch((error: unknown) => {
    if (!(error instanceof MemberError && error.code === "is-collection")) throw error;
    throw wrongUsage(`${shownPath(url)} is a folder: get -r downloads it`, error);
  });
  const { bytes, replaced } = followed.outcome;
  const phrase = `${printable(local)}: ${nameAmount(bytes, "bytes")}${replaced ? ", replacing what was there" : ""}`;
  await report.done(
    `got ${phrase}${tookPhrase(followed)}`,
    operationFact("got", { url: url.href, file, bytes, replaced }, followed),
  );
}

async function toFolder(
  session: Session,
  url: URL,
  typedLocal: string | undefined,
  options: ReturnType<typeof parseFolderOptions>,
): Promise<void> {
  const collection = collectionUrl(url);
  const local = typedLocal ?? localNameOf(collection);
  await mustBeFolder(session.terminal.cwd, local, { made: true });
  const folder = resolve(session.terminal.cwd, local);
  const { downloadFolder } = await import("@meanwhile/sync");
  const work = downloadFolder(session.client, collection, folder, options);
  const followed = await followFolder(session, work, `getting ${shownPath(collection)}`);
  const done = `got ${shownPath(collection)} into ${printable(local)}`;
  await tellFolder(session, done, followed, { url: collection.href, folder });
}

/** As it is told. A folder that is there, or a name that ends in a slash, takes the document under its own name. */
async function localFile(url: URL, typedLocal: string | undefined, cwd: string): Promise<string> {
  if (typedLocal === undefined) return localNameOf(url);
  const ends = typedLocal.endsWith("/") || typedLocal.endsWith(sep);
  const intoFolder = ends || (await localStats(cwd, typedLocal))?.isDirectory() === true;
  return intoFolder ? join(typedLocal, localNameOf(url)) : typedLocal;
}

/**
 * The last name of the URL, where a file can have it and it leads nowhere else.
 * @throws {CommandError} where it cannot
 */
function localNameOf(url: URL): string {
  const name = nameOfUrl(url);
  const harmless =
    name !== "" &&
    name !== "." &&
    name !== ".." &&
    !/[/\\\u0000-\u001F\u007F]/.test(name) &&
    encodedName(url).length <= 1024;
  if (!harmless)
    throw wrongUsage(`${shownUrl(url)}: say as which file, for it has no name that a file can have`);
  return name;
}
