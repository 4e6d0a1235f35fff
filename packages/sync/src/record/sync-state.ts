import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FolderSurroundings } from "../local/folder-surroundings.ts";
import { isMissing } from "../local/list-local.ts";
import { KnownNames } from "./known-names.ts";
import {
  type KnownMembers,
  readRecord,
  type ServerName,
  type SyncRecord,
  writeRecord,
} from "./sync-record.ts";

const version = 1;
/** Larger files are not ours, or of no use: then nothing is known. */
const largestFile = 512 * 1024 * 1024;
const writeAtOnce = 64 * 1024;

interface Known {
  record: SyncRecord | "begun";
  seen: boolean;
}

/**
 * What is known of a pair of folder and collection, kept in a file. While the work goes on a line is added for each
 * transfer, so that the end of the process loses nothing; at its end the file is written anew, and what nobody asked for
 * is left out. Where the file cannot be written the work goes on without, and `error` tells why.
 */
export class SyncState implements KnownMembers {
  readonly #file: string;
  readonly #surroundings: FolderSurroundings;
  readonly #known = new Map<string, Known>();
  /** The server's names of members that have another one here. */
  readonly names: KnownNames = new KnownNames();
  #complete = false;
  #dirty = false;
  #handle: FileHandle | undefined;
  #waiting = "";
  #written: Promise<void> = Promise.resolve();
  #writing = false;
  error: Error | undefined;

  private constructor(file: string, surroundings: FolderSurroundings) {
    this.#file = file;
    this.#surroundings = surroundings;
  }

  /** Reads what there is. Never throws: what cannot be read is not known. */
  static async open(file: string, surroundings: FolderSurroundings): Promise<SyncState> {
    const state = new SyncState(file, surroundings);
    try {
      await state.#read();
    } catch (cause) {
      state.#known.clear();
      state.names.clear();
      state.#complete = false;
      if (!isMissing(cause)) state.#fail(cause);
    }
    return state;
  }

  get complete(): boolean {
    return this.#complete;
  }

  recordOf(path: string): SyncRecord | "begun" | undefined {
    const known = this.#known.get(path);
    if (known === undefined) return undefined;
    known.seen = true;
    return known.record;
  }

  /** The server has another name for a member. */
  named(path: string, serverName: string): Promise<void> {
    this.names.set(path, serverName, true);
    return this.#write(path, { serverName });
  }

  /** What was noted below a local folder is below another one: that is how it is called here. */
  folderRenamed(from: string, to: string): void {
    const isIn = (path: string): boolean => path.startsWith(`${from}/`);
    const renamed = (path: string): string => to + path.slice(from.length);
    for (const [path, known] of [...this.#known]) {
      if (!isIn(path)) continue;
      this.#known.delete(path);
      this.#known.set(renamed(path), known);
    }
    this.names.folderRenamed(from, to);
    this.#dirty = true;
  }

  /** A transfer begins. Resolves once that is written, so that it is known whatever happens. */
  begin(path: string): Promise<void> {
    return this.#add(path, "begun");
  }

  /** A document is the same on both sides. */
  async same(path: string, record: SyncRecord): Promise<void> {
    await this.#add(path, record);
  }

  /** It was found the same: told to the file at the end of the work. */
  found(path: string, record: SyncRecord): void {
    const known = this.#known.get(path);
    if (known !== undefined && known.record !== "begun" && sameRecord(known.record, record)) return;
    this.#known.set(path, { record, seen: true });
    this.#dirty = true;
  }

  /** `well`: nothing failed, so all is the same now. `whole`: what nobody asked for is on neither side any more. */
  async finish({ well, whole }: { readonly well: boolean; readonly whole: boolean }): Promise<void> {
    const complete = this.#complete || well;
    if (complete !== this.#complete) this.#dirty = true;
    if (well && whole) {
      for (const [path, { seen }] of this.#known) {
        if (seen) continue;
        this.#known.delete(path);
        this.#dirty = true;
      }
      if (this.names.forgetUnseen()) this.#dirty = true;
    }
    this.#complete = complete;
    await this.#written;
    try {
      await this.#handle?.close();
      this.#handle = undefined;
      if (this.#dirty && this.error === undefined) await this.#rewrite();
    } catch (cause) {
      this.#fail(cause);
    }
  }

  async #read(): Promise<void> {
    const handle = await this.#surroundings.fileSystem.open(this.#file, "r");
    try {
      if ((await handle.stat()).size > largestFile) throw new Error("the state file is too large");
      let first = true;
      for await (const line of handle.readLines({ encoding: "utf8", autoClose: false })) {
        if (first) {
          const complete = readHeader(line);
          if (complete === undefined) return;
          this.#complete = complete;
          first = false;
          continue;
        }
        const read = readRecord(line);
        if (read === undefined) continue;
        const { path, record } = read;
        if (record !== "begun" && "serverName" in record) this.names.set(path, record.serverName, false);
        else this.#known.set(path, { record, seen: false });
      }
    } finally {
      await handle.close();
    }
  }

  #add(path: string, record: SyncRecord | "begun"): Promise<void> {
    this.#known.set(path, { record, seen: true });
    return this.#write(path, record);
  }

  #write(path: string, record: SyncRecord | ServerName | "begun"): Promise<void> {
    this.#dirty = true;
    if (this.error !== undefined) return Promise.resolve();
    this.#waiting += writeRecord(path, record);
    if (!this.#writing) {
      this.#writing = true;
      this.#written = this.#written.then(() => this.#append());
    }
    return this.#written;
  }

  /** All that is waiting at its time, in one write. */
  async #append(): Promise<void> {
    this.#writing = false;
    const lines = this.#waiting;
    this.#waiting = "";
    try {
      this.#handle ??= await this.#openToAppend();
      await this.#handle.appendFile(lines);
    } catch (cause) {
      this.#fail(cause);
    }
  }

  async #openToAppend(): Promise<FileHandle> {
    const { fileSystem } = this.#surroundings;
    await fileSystem.mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    const handle = await fileSystem.open(this.#file, "a", 0o600);
    // A line that the end of a process tore is ended by the line break.
    await handle.appendFile((await handle.stat()).size === 0 ? header(this.#complete) : "\n");
    return handle;
  }

  async #rewrite(): Promise<void> {
    const { fileSystem, randomName } = this.#surroundings;
    await fileSystem.mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    const draft = join(dirname(this.#file), `.${randomName()}.tmp`);
    const handle = await fileSystem.open(draft, "wx", 0o600);
    try {
      try {
        let lines = header(this.#complete);
        for (const [path, name] of this.names) lines += writeRecord(path, name);
        for (const [path, { record }] of this.#known) {
          lines += writeRecord(path, record);
          if (lines.length < writeAtOnce) continue;
          await handle.appendFile(lines);
          lines = "";
        }
        await handle.appendFile(lines);
      } finally {
        await handle.close();
      }
      await fileSystem.rename(draft, this.#file);
    } catch (cause) {
      // The draft is of no use to anybody; that it was not written is what matters.
      await fileSystem.unlink(draft).catch(() => undefined);
      throw cause;
    }
  }

  #fail(cause: unknown): void {
    this.error ??= new Error("what was transferred could not be kept", { cause });
  }
}

function header(complete: boolean): string {
  return `${JSON.stringify({ meanwhile: "folder state", version, complete })}\n`;
}

/** Whether all was the same; undefined where the file is not one of ours. */
function readHeader(line: string): boolean | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null) return undefined;
    if (!("version" in value) || value.version !== version) return undefined;
    return "complete" in value && value.complete === true;
  } catch {
    // No JSON: not one of ours.
    return undefined;
  }
}

function sameRecord(one: SyncRecord, other: SyncRecord): boolean {
  return (
    one.localSize === other.localSize &&
    one.localModifiedMs === other.localModifiedMs &&
    one.remote.etag === other.remote.etag &&
    one.remote.size === other.remote.size &&
    one.remote.modifiedMs === other.remote.modifiedMs
  );
}
