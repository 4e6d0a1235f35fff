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
  /** The descriptor, which is closed with the document, or all that is in the file. */
  readonly file: { readonly fd?: number; readonly content?: Uint8Array };
  readonly resource: DocumentResource;
  readonly calls: Calls;
  readonly properties: () => readonly DeadProperty[];
}

/** A file that is open for reading. Its descriptor is closed once the document is, and no read is under way. */
export class FileDocument implements OpenDocument {
  readonly resource: DocumentResource;
  readonly #calls: Calls;
  readonly #fd: number | undefined;
  readonly #content: Uint8Array | undefined;
  readonly #properties: () => readonly DeadProperty[];
  readonly #streams: Set<Readable> = new Set();
  #readers = 0;
  #open = true;

  constructor({ file, resource, calls, properties }: FileDocumentOptions) {
    this.resource = resource;
    this.#fd = file.fd;
    this.#content = file.content;
    this.#calls = calls;
    this.#properties = properties;
  }

  properties(): readonly DeadProperty[] {
    return this.#properties();
  }

  bytes(range: ByteRange): Awaitable<Uint8Array> {
    const fd = this.#fd;
    if (fd === undefined) return this.#part(range);
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
    const fd = this.#fd;
    if (fd === undefined) return Readable.from([this.#part(range)], { objectMode: false });
    const release = this.#hold();
    const stream = new FileStream(this.#calls, fd, range, () => {
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

  /** Of content that came with the file. */
  #part({ start, end }: ByteRange): Uint8Array {
    if (!this.#open) throw closed();
    const part = this.#content?.subarray(start, end);
    if (part?.byteLength !== end - start) throw cutShort();
    return part;
  }

  /** Keeps the descriptor open until the returned function is called. */
  #hold(): () => void {
    if (!this.#open) throw closed();
    this.#readers += 1;
    return () => {
      this.#readers -= 1;
      if (this.#readers === 0 && !this.#open && this.#fd !== undefined) this.#calls.release(this.#fd);
    };
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
