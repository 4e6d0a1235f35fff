/** Contents too large for a record: a file each, in a directory of their own. */
import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, readFile, rename, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { ContentFile } from "./entry-record.ts";
import { JournalError } from "./journal-error.ts";
import { makePrivateDirectory, makePrivateFiles } from "./private-files.ts";

/** What we call our files, and those that are not complete yet. Nothing else is ever deleted. */
const ours = /^[0-9a-f]{32}\.content(\.part)?$/;

/** Contents too large for their record, or secret: a file each, with its length and checksum in the record. */
export class ContentFiles {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Opens the directory, which is created where it is missing, readable by its owner alone. */
  static async open(directory: string): Promise<ContentFiles> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await makePrivateDirectory(directory);
    await makePrivateFiles(directory, ours);
    return new ContentFiles(directory);
  }

  /** Writes a content. It is complete, and flushed, before it has its name. */
  async write(content: Uint8Array): Promise<ContentFile> {
    const name = `${randomBytes(16).toString("hex")}.content`;
    const path = join(this.#directory, name);
    const part = `${path}.part`;
    try {
      await withFile(await open(part, "wx", 0o600), async (file) => {
        await file.chmod(0o600);
        await file.writeFile(content);
        await file.sync();
      });
      await rename(part, path);
      await flushDirectory(this.#directory);
    } catch (error) {
      await Promise.all([unlink(part).catch(alreadyGone), unlink(path).catch(alreadyGone)]);
      throw error;
    }
    return { name, size: content.byteLength, crc: crc32(content) };
  }

  /**
   * Reads a content; undefined where it is gone.
   *
   * @throws {JournalError} "ERR_JOURNAL_CORRUPT" if it is not what was written
   */
  async read({ name, size, crc }: ContentFile): Promise<Buffer | undefined> {
    const path = join(this.#directory, name);
    const content = await readFile(path).catch(alreadyGone);
    if (content === undefined) return undefined;
    if (content.length !== size || crc32(content) !== crc) throw damaged(path);
    return content;
  }

  /** Removes a content. One that cannot be removed now goes at the next start. */
  async remove({ name }: ContentFile): Promise<void> {
    await unlink(join(this.#directory, name)).catch(() => {});
  }

  /**
   * Checks that all of `known` are there, then removes what belongs to no entry: left by a process that was killed.
   *
   * @throws {JournalError} "ERR_JOURNAL_CORRUPT" if one is missing or has another length; nothing is removed then
   */
  async sweep(known: ReadonlyMap<string, ContentFile>): Promise<void> {
    for (const { name, size } of known.values()) {
      const path = join(this.#directory, name);
      const stats = await stat(path).catch(alreadyGone);
      if (stats?.size !== size) throw damaged(path);
    }
    for (const name of await readdir(this.#directory)) {
      if (ours.test(name) && !known.has(name)) await unlink(join(this.#directory, name)).catch(alreadyGone);
    }
  }
}

function damaged(path: string): JournalError {
  return new JournalError("ERR_JOURNAL_CORRUPT", `the journal's file ${path} is missing or damaged`);
}

async function withFile(file: FileHandle, use: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

/**
 * A new name survives a loss of power only once its directory is flushed. Windows cannot, and need not; nor can some
 * file systems.
 */
export async function flushDirectory(directory: string): Promise<void> {
  if (process.platform === "win32") return;
  await withFile(await open(directory, "r"), (file) => file.sync()).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EINVAL" && error.code !== "ENOTSUP") throw error;
  });
}

function alreadyGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
  return undefined;
}
