/** Names as directories tell them. */
import * as fs from "node:fs";
import type { FilePath } from "./file-facts.ts";

export type NameType = "file" | "directory" | "link" | "other";

/** So many are asked of the system at once. */
export const namesAtOnce = 256;

/** Opens a directory whose entries have a character for each byte of their names, to be read with {@link nameOf}. */
export function openNames(path: string): fs.Dir {
  // Names that are not UTF-8 are told by their bytes, and plain ones cost no buffer each.
  return fs.opendirSync(path, { bufferSize: namesAtOnce, encoding: "latin1" });
}

/** The name of an entry; its bytes where it is not valid UTF-8. */
export function nameOf({ name: latin1 }: fs.Dirent): FilePath {
  if (ascii.test(latin1)) return latin1;
  const name = Buffer.from(latin1, "latin1");
  const text = name.toString();
  return !text.includes("\uFFFD") || name.equals(Buffer.from(text)) ? text : new Uint8Array(name);
}

const ascii = /^[\0-\x7F]*$/;

/** What has the name of an entry, as the directory tells it. */
export function typeOf(entry: fs.Dirent): NameType {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  return entry.isSymbolicLink() ? "link" : "other";
}
