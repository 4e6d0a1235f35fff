/** `meanwhile ls`: the members of collections. */
import type { Resource } from "@meanwhile/client";
import type { Command } from "commander";
import { formatBytes } from "../display/amounts.ts";
import { formatDate } from "../display/date.ts";
import { printable } from "../display/printable.ts";
import { resourceFact } from "../display/resource-fact.ts";
import { remoteCommand, type TypedConnection } from "../remote/connection-options.ts";
import { collectionUrl, commonCollection, parseRemoteUrls } from "../remote/remote-url.ts";
import { type CommandContext, forEachUrl, inSession, type Session } from "../remote/session.ts";

interface TypedLs extends TypedConnection {
  readonly long?: boolean;
  readonly recursive?: boolean;
  /** False: `--no-sort`. */
  readonly sort?: boolean;
}

/** `meanwhile ls URL`: its options, and what it does. */
export function lsCommand(context: CommandContext): Command {
  return remoteCommand("ls", "list what is in a folder")
    .argument("<URL...>", "folders, or files")
    .option("-l, --long", "with sizes and dates")
    .option("-R, --recursive", "all that is below, too")
    .option("--no-sort", "as the server sends them, at once; for very large folders")
    .action(async (typedUrls: readonly string[], typed: TypedLs) => {
      const remotes = parseRemoteUrls(typedUrls);
      const base = commonCollection(remotes);
      await inSession(context, { remotes, base, typed }, async (session) => {
        let separate = false;
        await forEachUrl(session, remotes, async (url) => {
          if (remotes.length > 1 && !session.report.json) {
            await session.terminal.write(`${separate ? "\n" : ""}${printable(url.href)}:\n`);
            separate = true;
          }
          await list(session, url, typed);
        });
      });
    });
}

async function list(session: Session, url: URL, typed: TypedLs): Promise<void> {
  const { client, report, signal } = session;
  const sorted = typed.sort !== false && !report.json;
  const collected: Row[] = [];
  let members = 0;
  const depth = typed.recursive === true ? "infinity" : "1";
  const { MultistatusError } = await import("@meanwhile/client");
  let failure: unknown;
  try {
    for await (const resource of client.list(url, { depth, signal })) {
      members += 1;
      const row = { resource, path: pathBelow(collectionUrl(url), resource) };
      if (sorted) collected.push(row);
      else await show(session, row, typed, usualSizeColumns);
    }
  } catch (error) {
    // What could be told is shown first.
    if (!(error instanceof MultistatusError)) throw error;
    failure = error;
  }
  if (members === 0 && failure === undefined) {
    // A document has no members, and neither has an empty collection.
    const resource = await client.stat(url, { signal });
    // Its URL may be the session's base, below which it has no name.
    const path =
      url.pathname
        .split("/")
        .filter((segment) => segment !== "")
        .map(decodedName)
        .at(-1) ?? "";
    if (!resource.collection) await show(session, { resource, path }, typed, 0);
    return;
  }
  const order = new Intl.Collator(undefined, { numeric: true });
  collected.sort((one, other) => order.compare(one.path, other.path) || (one.path < other.path ? -1 : 1));
  const columns = Math.max(0, ...collected.slice(0, 10_000).map(({ resource }) => sizeOf(resource).length));
  for (const row of collected) await show(session, row, typed, columns);
  if (failure !== undefined) throw failure;
}

interface Row {
  readonly resource: Resource;
  /** Below the collection that was asked for. */
  readonly path: string;
}

/** Of a size, where they are not all known before the first is shown. */
const usualSizeColumns = 8;

function show({ report }: Session, row: Row, { long }: TypedLs, sizeColumns: number): Promise<void> {
  const { resource, path } = row;
  const fact = resourceFact(resource, path);
  if (long !== true) return report.answer(printable(path), fact);
  const size = sizeOf(resource).padStart(sizeColumns);
  const modified = resource.modified === undefined ? "-" : formatDate(resource.modified);
  return report.answer(`${size}  ${modified.padEnd(16)}  ${printable(path)}`, fact);
}

function sizeOf({ collection, length }: Resource): string {
  return collection || length === undefined ? "-" : formatBytes(length);
}

/** Decoded for people; a collection's ends in "/". */
function pathBelow(collection: URL, { url, name, collection: isCollection }: Resource): string {
  if (!url.pathname.startsWith(collection.pathname)) return isCollection ? `${name}/` : name;
  const below = url.pathname.slice(collection.pathname.length).replace(/\/$/, "");
  const path = below.split("/").map(decodedName).join("/");
  return isCollection ? `${path}/` : path;
}

/** A slash that is part of a name stays encoded, as does what is no UTF-8. */
function decodedName(segment: string): string {
  try {
    return decodeURIComponent(segment).replaceAll("/", "%2F");
  } catch {
    return segment;
  }
}
