/**
 * Changes that need not survive a loss of power are lines at the end of a file: that takes some ten microseconds, and the
 * system keeps it when the process ends. The next batch of the database has them, too, and then the file is emptied.
 *
 * A line has a checksum, a number that grows, and what it changes. What is damaged, and all behind it, was never whole: a loss
 * of power, or the end of the process in the middle of a line. The first line names the database that the file belongs to.
 */
import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import type { Batch, TableChanges } from "../tables/layer.ts";

/** Up to this size lines are added: what is more waits for the database. */
const mostBytes = 1024 * 1024;

export interface ChangeLogOptions {
  readonly file: string;
  /** The database that it belongs to. */
  readonly database: string;
  /** The number of the last line that the database has. */
  readonly written: number;
}

/** The file of changes that the database does not have yet. */
export class ChangeLog {
  readonly #fd: number;
  readonly #head: Buffer;
  #bytes: number;
  #last: number;
  #broken = false;

  private constructor(
    fd: number,
    head: Buffer,
    { bytes, last }: { readonly bytes: number; readonly last: number },
  ) {
    this.#fd = fd;
    this.#head = head;
    this.#bytes = bytes;
    this.#last = last;
  }

  /**
   * Opens the file, made where it is missing.
   * @returns it, and what the database does not have of it, in order
   */
  static open({ file, database, written }: ChangeLogOptions): {
    readonly log: ChangeLog;
    readonly missed: readonly Batch[];
  } {
    const head = Buffer.from(`${database}\n`);
    const fd = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      const { bytes, lines } = readLines(readFileSync(fd), head);
      const missed = lines.filter(({ number }) => number > written);
      const last = Math.max(written, lines.at(-1)?.number ?? 0);
      ftruncateSync(fd, bytes);
      return { log: new ChangeLog(fd, head, { bytes, last }), missed: missed.map(({ batch }) => batch) };
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** What the database does not have of the file, in order. The file is not changed, and may be missing. */
  static read({ file, database, written }: ChangeLogOptions): readonly Batch[] {
    let content: Buffer;
    try {
      content = readFileSync(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
    const { lines } = readLines(content, Buffer.from(`${database}\n`));
    return lines.flatMap(({ number, batch }) => (number > written ? [batch] : []));
  }

  /** The number of the last line. */
  get last(): number {
    return this.#last;
  }

  /** Whether another line may be added. */
  get hasRoom(): boolean {
    return !this.#broken && this.#bytes < mostBytes;
  }

  /** @throws what the system says; nothing was added then */
  append(batch: Batch): void {
    const number = this.#last + 1;
    const line = toLine(number, batch);
    const lines = this.#bytes === 0 ? Buffer.concat([this.#head, line]) : line;
    try {
      for (let at = 0; at < lines.length; ) {
        at += writeSync(this.#fd, lines, at, lines.length - at, this.#bytes + at);
      }
    } catch (error) {
      this.#cutAt(this.#bytes);
      throw error;
    }
    this.#bytes += lines.length;
    this.#last = number;
  }

  /** The database has all of it. */
  clear(): void {
    if (this.#bytes > 0 && this.#cutAt(0)) this.#bytes = 0;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #cutAt(bytes: number): boolean {
    try {
      ftruncateSync(this.#fd, bytes);
      return true;
    } catch {
      // A part of a line, or lines that the database has: they are told apart when it is read. But nothing can follow them.
      this.#broken = true;
      return false;
    }
  }
}

interface Line {
  readonly number: number;
  readonly batch: Batch;
}

function toLine(number: number, batch: Batch): Buffer {
  const text = Buffer.from(JSON.stringify([number, batch.map(withTexts)]));
  return Buffer.concat([Buffer.from(prefix(text)), text, newline]);
}

/** @returns the lines up to the first that is not whole, and the bytes that they take */
function readLines(
  content: Buffer,
  head: Buffer,
): { readonly bytes: number; readonly lines: readonly Line[] } {
  if (!content.subarray(0, head.length).equals(head)) return { bytes: 0, lines: [] };
  const lines: Line[] = [];
  let bytes = head.length;
  for (;;) {
    const end = content.indexOf(newline, bytes);
    if (end === -1) return { bytes, lines };
    const text = content.subarray(bytes + prefixLength, end);
    if (content.toString("latin1", bytes, bytes + prefixLength) !== prefix(text)) return { bytes, lines };
    const [number, batch] = JSON.parse(text.toString()) as [number, Batch];
    lines.push({ number, batch: batch.map(withBytes) });
    bytes = end + 1;
  }
}

/** What is bytes is Base64 in a line. */
function withTexts(table: TableChanges): TableChanges {
  return withValues(table, (bytes) => Buffer.from(bytes as Uint8Array).toString("base64"));
}

function withBytes(table: TableChanges): TableChanges {
  return withValues(table, (text) => Buffer.from(text as string, "base64"));
}

function withValues(table: TableChanges, change: (value: unknown) => unknown): TableChanges {
  if (table.encoding !== "binary") return table;
  const changes = table.changes.map(([key, value]) =>
    value === undefined ? ([key] as const) : ([key, change(value)] as const),
  );
  return { ...table, changes };
}

const newline = Buffer.from("\n");
const prefixLength = 9;

/** The checksum of what follows. */
function prefix(text: Uint8Array): string {
  return `${crc32(text)
    .toString(16)
    .padStart(prefixLength - 1, "0")} `;
}
