/** A small text file that is read again when it changes. */
import { readFileSync, statSync } from "node:fs";
import { wrongUsage } from "../command-error.ts";

export interface WatchedFile<Content> {
  /**
   * What the file says now. Asks the file system at most once in {@link recheckMs}; a version that cannot be read or
   * parsed is reported once, and the last good one stays. The same object as before while nothing changes.
   */
  current(): Content;
}

export interface WatchedFileOptions<Content> {
  readonly path: string;
  /** Throws where the text says nothing sensible; its message follows the file's name. */
  readonly parse: (text: string) => Content;
  /** What holds as long as the file was never there; without it the file must be there at the start. */
  readonly absent?: Content;
  /** Milliseconds; any clock. */
  readonly clock: () => number;
  /** Told, in one line, why a new version is not used. */
  readonly warn: (message: string) => void;
}

/** The largest file that is read. */
export const watchedFileBytes: number = 1024 * 1024;
export const recheckMs = 1000;

/** @throws {CommandError} where the file cannot be read or parsed at the start */
export function watchFile<Content>(options: WatchedFileOptions<Content>): WatchedFile<Content> {
  const { path, clock } = options;
  let version = versionOf(path);
  let content: Content;
  if (version === "absent" && options.absent !== undefined) {
    content = options.absent;
  } else {
    try {
      content = read(options);
    } catch (error) {
      throw wrongUsage(problemWith(path, error), error);
    }
  }
  let checkedMs = clock();

  return {
    current() {
      const nowMs = clock();
      if (nowMs - checkedMs < recheckMs) return content;
      checkedMs = nowMs;
      const found = versionOf(path);
      if (found === version) return content;
      version = found;
      try {
        content = read(options);
      } catch (error) {
        options.warn(`${problemWith(path, error)}; what it said before stays in force`);
      }
      return content;
    },
  };
}

function read<Content>({ path, parse }: WatchedFileOptions<Content>): Content {
  const stats = statSync(path);
  if (!stats.isFile()) throw new Error("not a file");
  if (stats.size > watchedFileBytes) throw new Error(`larger than ${watchedFileBytes} bytes`);
  return parse(new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path)));
}

/** Differs whenever the file was written or replaced. */
function versionOf(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stats === undefined) return "absent";
  return `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`;
}

function problemWith(path: string, error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return `${path}: there is no such file`;
  if (code === "EACCES") return `${path}: may not be read`;
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return `${path}: is not UTF-8 text`;
  return `${path}: ${error instanceof Error ? error.message : String(error)}`;
}
