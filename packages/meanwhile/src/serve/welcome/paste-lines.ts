/** Two commands to paste, that let their reader see an interim response. */
import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import { encodeName } from "@meanwhile/dav";

export interface PasteOptions {
  /** The real path of the served folder. */
  readonly folder: string;
  /** How clients see the server, with a trailing slash. */
  readonly url: string;
  /** More arguments of curl, each quoted already: for a name and password, say. */
  readonly curlArguments: readonly string[];
  /** A folder in it that takes long to copy, by its name. Default: a file is copied. */
  readonly tree?: string;
}

/** So many entries of the folder are looked at, at most. */
const mostLooked = 1000;
/** A copy of more would not be welcome; in bytes. */
const mostCopied = 64 * 1024 * 1024;
/** Longer names would leave no room for the name of the copy; in bytes. */
const longestName = 200;

/**
 * A COPY of the tree, or of a document in the folder and a DELETE of the copy; where there is none, an upload and a COPY of it. Names can
 * be anything, so they stand percent-encoded.
 */
export async function pasteLines({
  folder,
  url,
  curlArguments,
  tree,
}: PasteOptions): Promise<readonly string[]> {
  const curl = ["curl", "-v", ...curlArguments].join(" ");
  const asking = `-H ${shellQuote("Prefer: processing")}`;
  const copy = (from: string, to: string): string =>
    `${curl} -X COPY ${asking} -H ${shellQuote(`Destination: ${to}`)} ${shellQuote(from)}`;

  if (tree !== undefined && (await isFolder(join(folder, tree)))) {
    const target = `${url}${encodeName(await freeName(folder, `copy-of-${tree}`))}/`;
    return [copy(`${url}${encodeName(tree)}/`, target), `${curl} -X DELETE ${asking} ${shellQuote(target)}`];
  }
  const name = await findDocument(folder);
  if (name === undefined) {
    const uploaded = `${url}${encodeName(await freeName(folder, "hello.txt"))}`;
    const copied = `${url}${encodeName(await freeName(folder, "copy-of-hello.txt"))}`;
    return [`echo Hello | ${curl} -T - ${shellQuote(uploaded)}`, copy(uploaded, copied)];
  }
  const target = `${url}${encodeName(await freeName(folder, `copy-of-${name}`))}`;
  return [copy(`${url}${encodeName(name)}`, target), `${curl} -X DELETE ${asking} ${shellQuote(target)}`];
}

/** One argument of a POSIX shell, whatever is in it. */
export function shellQuote(argument: string): string {
  return /^[A-Za-z0-9_./:@%+,=-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() === true;
}

async function findDocument(folder: string): Promise<string | undefined> {
  const names: string[] = [];
  let looked = 0;
  for await (const entry of await opendir(folder)) {
    looked += 1;
    if (looked > mostLooked) break;
    const { name } = entry;
    const usable =
      !name.startsWith(".") && !name.includes("\uFFFD") && Buffer.byteLength(name) <= longestName;
    if (usable && entry.isFile()) names.push(name);
  }
  for (const name of names.sort()) {
    const stats = await lstat(join(folder, name)).catch(() => undefined);
    if (stats?.isFile() === true && stats.size <= mostCopied) return name;
  }
  return undefined;
}

async function freeName(folder: string, name: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : `${number}-${name}`;
    const taken = await lstat(join(folder, candidate)).catch(() => undefined);
    if (taken === undefined) return candidate;
  }
}
