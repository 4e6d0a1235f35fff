import { Readable } from "node:stream";
import type { DeadProperty } from "@meanwhile/dav";
import {
  type Awaitable,
  type ByteRange,
  type DocumentResource,
  type OpenDocument,
  TreeError,
} from "@meanwhile/server/store";
import type { Calls } from "../calls/calls.ts";
import { treeError } from "../calls/errno.ts";

const partBytes = 256 * 1024;

export interface FileDocumentOptions {
  /** It is closed with the document. */
  readonly fd: number;
  readonly resource: DocumentResource;
  readonly calls: Calls;
  readonly properties: () => readonly DeadProperty[];
}

export interface ShortDocumentOptions extends Pick<FileDocumentOptions, "resource" | "properties"> {
  readonly content: Uint8Array;
}

/** A file that is open for reading. Its descriptor is closed once the document is, and no read is under way. */
export class FileDocument implements OpenDocument {
  readonly resource: DocumentResource;
  readonly #calls: Calls;
  readonly #fd: number;
  readonly properties: () => readonly DeadProperty[];
  readonly #streams: Set<Readable> = new Set();
  #readers = 0;
  #open = true;

  constructor({ fd, resource, calls, properties }: FileDocumentOptions) {
    this.resource = resource;
    this.#fd = fd;
    this.#calls = calls;
    this.properties = properties;
  }

  bytes(range: ByteRange): Awaitable<Uint8Array> {
    const fd = this.#fd;
    const release = this.#hold();
    const bytes = Buffer.allocUnsafe(range.end - range.start);
    try {
      const first = this.#calls.read(fd, bytes, range.start);
      if (first instanceof Promise) return this.#fill(fd, bytes, range.start, first, this.#hold());
      if (first === bytes.byteLength) return bytes;
      if (first === 0) throw cutShort();
      return this.#fill(fd, bytes, range.start, first, this.#hold());
    } catch (error) {
      throw treeError(error);
    } finally {
      release();
    }
  }

  /** Reads on until the bytes are full. @param first what the first read brings */
  async #fill(
    fd: number,
    bytes: Buffer,
    start: number,
    first: Awaitable<number>,
    release: () => void,
  ): Promise<Uint8Array> {
    try {
      let at = await first;
      for (let count = at; at < bytes.byteLength; at += count) {
        if (count === 0) throw cutShort();
        count = await this.#calls.read(fd, bytes.subarray(at), start + at);
      }
      return bytes;
    } catch (error) {
      throw treeError(error);
    } finally {
      release();
    }
  }

  stream(range: ByteRange): Readable {
    const release = this.#hold();
    const stream = new FileStream(this.#calls, this.#fd, range, () => {
      this.#streams.delete(stream);
      release();
    });
    this.#streams.add(stream);
    return stream;
  }

  close(): void {
    if (!this.#open) return;
    const release = this.#hold();
    this.#open = false;
    for (const stream of this.#streams) stream.destroy();
    release();
  }

  /** Keeps the descriptor open until the returned function is called. */
  #hold(): () => void {
    if (!this.#open) throw closed();
    this.#readers += 1;
    return () => {
      this.#readers -= 1;
      if (this.#readers === 0 && !this.#open) this.#calls.release(this.#fd);
    };
  }
}

/** A short file, all of whose content came when it was opened: there is nothing to close. */
export class ShortDocument implements OpenDocument {
  readonly resource: DocumentResource;
  readonly properties: () => readonly DeadProperty[];
  #content: Uint8Array | undefined;

  constructor({ content, resource, properties }: ShortDocumentOptions) {
    this.resource = resource;
    this.properties = properties;
    this.#content = content;
  }

  bytes({ start, end }: ByteRange): Uint8Array {
    if (this.#content === undefined) throw closed();
    const part = this.#content.subarray(start, end);
    if (part.byteLength !== end - start) throw cutShort();
    return part;
  }

  stream(range: ByteRange): Readable {
    return Readable.from([this.bytes(range)], { objectMode: false });
  }

  close(): void {
    this.#content = undefined;
  }
}

/** Streams a range of a file. A read that is under way when it is destroyed ends before the file is released. */
class FileStream extends Readable {
  readonly #calls: Calls;
  readonly #fd: number;
  readonly #end: number;
  readonly #release: () => void;
  #at: number;
  #reading = false;
  #whenRead: (() => void) | undefined;

  constructor(calls: Calls, fd: number, range: ByteRange, release: () => void) {
    super({ highWaterMark: partBytes });
    this.#calls = calls;
    this.#fd = fd;
    this.#at = range.start;
    this.#end = range.end;
    this.#release = release;
  }

  override _read(): void {
    const length = Math.min(partBytes, this.#end - this.#at);
    if (length <= 0) {
      this.push(null);
      return;
    }
    this.#reading = true;
    this.#readPart(length).then(
      (bytes) => {
        this.#reading = false;
        if (this.#whenRead !== undefined) this.#whenRead();
        else if (bytes.byteLength === 0) this.destroy(cutShort());
        else {
          this.#at += bytes.byteLength;
          this.push(bytes);
        }
      },
      (error) => {
        this.#reading = false;
        if (this.#whenRead !== undefined) this.#whenRead();
        else this.destroy(treeError(error));
      },
    );
  }

  async #readPart(length: number): Promise<Uint8Array> {
    return this.#calls.readPart(this.#fd, length, this.#at);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const finish = (): void => {
      this.#release();
      callback(error);
    };
    if (this.#reading) this.#whenRead = finish;
    else finish();
  }
}

function closed(): TreeError {
  return new TreeError("unavailable", "the document was closed already");
}

function cutShort(): TreeError {
  return new TreeError("unavailable", "the file got shorter while it was read");
}
