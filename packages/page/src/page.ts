/** The file manager that browsers show for a collection, as `createDavHandler` of `@meanwhile/server` takes it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

/** One file, which never changes under its name. */
export interface PageFile {
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** The same, compressed. */
  readonly gzip: Uint8Array;
}

/** Its files, and which of them its document loads. */
export interface Page {
  readonly script: string;
  readonly style: string;
  /** A file of the page by its name; undefined: it has none. */
  file(name: string): PageFile | undefined;
}

const built = fileURLToPath(new URL("../bundle/", import.meta.url));

/**
 * The page, for `createDavHandler({ page })`. Its files, some 100 KB, are read when a browser first asks for one.
 *
 * @param folder where they are
 */
export function browserPage(folder: string = built): Page {
  let read: ReadonlyMap<string, PageFile> | undefined;
  const files = (): ReadonlyMap<string, PageFile> => {
    read ??= readFiles(folder);
    return read;
  };
  const named = (start: string, ending: string): string => {
    const name = [...files().keys()].find((one) => one.startsWith(start) && one.endsWith(ending));
    if (name === undefined) throw new Error(`the page was not built: ${folder} has no ${start}*${ending}`);
    return name;
  };
  return {
    get script() {
      return named("main-", ".js");
    },
    get style() {
      return named("style-", ".css");
    },
    file: (name) => files().get(name),
  };
}

function readFiles(folder: string): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const packed of readdirSync(folder)) {
    const name = packed.replace(/\.gz$/, "");
    const contentType = contentTypes.find(([ending]) => name.endsWith(ending))?.[1];
    if (contentType === undefined || name === packed) continue;
    const gzip = readFileSync(join(folder, packed));
    files.set(name, { contentType, gzip, bytes: gunzipSync(gzip) });
  }
  return files;
}

const contentTypes = [
  [".js", "text/javascript; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
] as const;
