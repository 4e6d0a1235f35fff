/** Where a copy or move goes, and whether it may: found out before anything is sent. */
import type { DavClient, Patience } from "@meanwhile/client";
import { CommandError } from "../../command-error.ts";
import { type Found, lookAt, whyNoFolder } from "../../remote/look-at.ts";
import {
  collectionUrl,
  encodedName,
  nameOfUrl,
  parentUrl,
  shownPath,
  withoutSlash,
} from "../../remote/remote-url.ts";

export interface TransferWish {
  readonly from: URL;
  /** As it was typed. */
  readonly to: URL;
  readonly verb: "copy" | "move";
  /** A folder without its members. */
  readonly shallow: boolean;
  /** `--replace`: a folder, and another kind, may be replaced. */
  readonly replace: boolean;
  /** `--no-overwrite`. */
  readonly keep: boolean;
}

export interface PlannedTransfer {
  readonly source: URL;
  readonly target: URL;
  /** What goes with the request (RFC 4918 §10.6). */
  readonly overwrite: boolean;
  /** Whether a folder is copied or moved. */
  readonly ofFolder: boolean;
  /** What is there now, and is replaced. */
  readonly replaced: "file" | "folder" | "something" | undefined;
}

/**
 * Decides what a copy or move does, as Unix' `cp` and `mv` do: what is there as a folder takes FROM under its own name;
 * only a folder whose URL ends in "/" gets TO as its URL. A file replaces a file; everything else that is there is
 * replaced only with `--replace`.
 *
 * @throws {CommandError} 8 where it is refused
 * @throws {HttpError} where nothing is at FROM
 */
export async function planTransfer(
  client: DavClient,
  wish: TransferWish,
  patience: Patience,
): Promise<PlannedTransfer> {
  const { from, to, replace, keep } = wish;
  const source = await lookAt(client, from, patience);
  if (source.kind === "nothing") throw source.cause;
  const ends = from.pathname.endsWith("/");
  const isFolder = source.kind === "folder" || (source.kind !== "file" && ends);
  const self = isFolder ? collectionUrl(from) : withoutSlash(from);
  let there: Found | undefined;
  if (!to.pathname.endsWith("/")) {
    there = await lookAt(client, to, patience);
    await refuseOtherSpelling(client, self, to, there, patience);
  }
  const goesInto = (to.pathname.endsWith("/") || there?.kind === "folder") && !(isFolder && ends);
  const bare = goesInto ? within(to, self) : to;
  const target = isFolder ? collectionUrl(bare) : bare;
  refuseCircle(self, target, wish);
  if (there === undefined || goesInto) {
    there = await lookAt(client, target, patience);
    await refuseOtherSpelling(client, self, target, there, patience);
  }
  if (there.kind === "nothing" && goesInto) await mustBeFolder(client, to, patience);
  // A server with a document there refuses a Destination that ends in a slash, and the client gives it that of the source.
  const isFile = there.kind === "file";
  const planned = isFile
    ? { source: withoutSlash(self), target: withoutSlash(target), ofFolder: isFolder }
    : { source: self, target, ofFolder: isFolder };
  if (there.kind === "nothing") return { ...planned, overwrite: false, replaced: undefined };
  if (there.kind === "untold") return { ...planned, overwrite: replace, replaced: undefined };
  const usual = source.kind === "file" && there.kind === "file";
  if (usual && keep)
    throw refused(`${shownPath(target)}: something is there already; without --no-overwrite it is replaced`);
  if (usual || replace) return { ...planned, overwrite: true, replaced: there.kind };
  throw refused(inTheWay(there.kind, isFolder, self, bare));
}

/** Servers answer a Destination in what is not there, or is a document, with 400, 403, 409 or 500. */
async function mustBeFolder(client: DavClient, to: URL, patience: Patience): Promise<void> {
  const why = await whyNoFolder(client, to, patience);
  if (why !== undefined) throw refused(why);
}

function refuseCircle(self: URL, target: URL, { verb, shallow }: TransferWish): void {
  const names = segmentsOf(self);
  const aims = segmentsOf(target);
  const shared = names.findIndex((name, index) => name !== aims[index]);
  const inside = self.pathname.endsWith("/") && shared === -1;
  if (shared === -1 && aims.length === names.length)
    throw refused(`${shownPath(self)}: FROM and TO are the same`);
  if (inside && !shallow)
    throw refused(
      `a folder cannot be ${done[verb]} into itself: ${shownPath(target)} is in ${shownPath(self)}`,
    );
  if (names.length > aims.length && aims.every((name, index) => name === names[index]))
    throw refused(`${shownPath(self)} is in ${shownPath(target)}, and so cannot be put in its place`);
}

const done = { copy: "copied", move: "moved" } as const;

function inTheWay(kind: "file" | "folder" | "something", isFolder: boolean, self: URL, target: URL): string {
  const place = shownPath(target);
  if (kind === "something")
    return `something is at ${place}, and the server does not tell whether it is a file or a folder; --replace replaces it, whatever it is`;
  if (kind === "file") return `${place} is a file; --replace puts the folder in its place`;
  if (!isFolder)
    return `${place} is a folder; --replace puts the file in its place, and all that is in the folder is deleted`;
  return `${place} is a folder already; ${shownPath(within(target, self))} as TO comes into it, and --replace puts ${shownPath(self)} in its place: all that is in it now is deleted`;
}

/**
 * A server that ignores case, or the normalization form, finds FROM under the name TO, too. To replace it would delete
 * FROM: the listing of their folder tells whether there are two.
 */
async function refuseOtherSpelling(
  client: DavClient,
  from: URL,
  to: URL,
  there: Found,
  patience: Patience,
): Promise<void> {
  const folder = parentUrl(from);
  const [name, other] = [nameOfUrl(to), nameOfUrl(from)];
  const mayBeOne =
    name !== other && folded(name) === folded(other) && parentUrl(to).pathname === folder.pathname;
  if (!mayBeOne || (there.kind !== "file" && there.kind !== "folder")) return;
  for await (const member of client.list(folder, patience)) if (nameOfUrl(member.url) === name) return;
  throw refused(
    `the server takes ${shownPath(from)} and ${shownPath(to)} for one name; go by way of a third name`,
  );
}

function folded(name: string): string {
  return name
    .normalize("NFC")
    .toLowerCase()
    .replace(/[. ]+$/, "");
}

function within(folder: URL, member: URL): URL {
  const url = new URL(collectionUrl(folder));
  url.pathname += encodedName(member);
  return url;
}

/** The names of a path in one spelling, however they are percent-encoded. */
function segmentsOf({ pathname }: URL): readonly string[] {
  return pathname
    .split("/")
    .filter((segment) => segment !== "")
    .map((segment) => {
      try {
        return encodeURIComponent(decodeURIComponent(segment));
      } catch {
        // Octets that are no UTF-8 stay as they are written.
        return segment;
      }
    });
}

function refused(message: string): CommandError {
  return new CommandError(8, message);
}
