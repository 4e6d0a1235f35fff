import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import type { RepeatableContent } from "@meanwhile/client";
import { MemberError } from "../folders/folder-work.ts";
import type { FileSystem } from "../local/folder-surroundings.ts";

/** Larger pieces cost the collector more than they save: 256 KiB took half as much CPU again. */
const bytesAtOnce = 64 * 1024;

export interface FileContentOptions {
  readonly fileSystem: FileSystem;
  readonly file: string;
  readonly size: number;
  /** Whole milliseconds. */
  readonly modifiedMs: number;
  /** Whether the file may be reached by a symbolic link. */
  readonly followLink: boolean;
  /** The content cannot be sent: told before the reading of it throws the same. */
  readonly onFailure: (error: Error) => void;
}

/**
 * The content of a file, as it was when its size and time were looked at. The last bytes are held back until it is
 * certain that it did not change meanwhile, so nobody ever gets half of the old and half of the new content.
 */
export function fileContent(options: FileContentOptions): RepeatableContent {
  return {
    length: options.size,
    async *open(start) {
      try {
        yield* read(options, start);
      } catch (cause) {
        const error = cause instanceof Error ? cause : new Error(String(cause));
        options.onFailure(error);
        throw error;
      }
    },
  };
}

async function* read(options: FileContentOptions, start: number): AsyncGenerator<Uint8Array> {
  const { fileSystem, file, size, followLink } = options;
  // A link that takes the file's place meanwhile is not followed. Windows has no such flag, nor such an easy way.
  const noFollow = followLink ? 0 : (constants.O_NOFOLLOW ?? 0);
  const handle = await fileSystem.open(file, constants.O_RDONLY | noFollow);
  try {
    await mustBeSame(handle, options);
    let position = start;
    while (position < size) {
      const wanted = Math.min(bytesAtOnce, size - position);
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(wanted), 0, wanted, position);
      if (bytesRead === 0) throw changed(file);
      position += bytesRead;
      if (position === size) await mustBeSame(handle, options);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

async function mustBeSame(handle: FileHandle, { file, size, modifiedMs }: FileContentOptions): Promise<void> {
  const stats = await handle.stat();
  if (stats.size !== size || Math.floor(stats.mtimeMs) !== modifiedMs) throw changed(file);
}

function changed(file: string): MemberError {
  return new MemberError("changed-meanwhile", `${file} was changed while it was being sent`);
}
