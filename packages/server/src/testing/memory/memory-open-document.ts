import { Readable } from "node:stream";
import type { DocumentResource, OpenDocument } from "../../store.ts";

const chunkBytes = 64 * 1024;

export interface MemoryOpening {
  readonly resource: DocumentResource;
  readonly content: Uint8Array;
  readonly properties: OpenDocument["properties"];
}

/** A document of a tree in memory, opened for reading. `content` is never changed, so there is nothing to free. */
export function openMemoryDocument({ resource, content, properties }: MemoryOpening): OpenDocument {
  return {
    resource,
    properties,
    // A copy: the caller may do with it as it likes.
    bytes: async ({ start, end }) => content.slice(start, end),
    stream: ({ start, end }) => Readable.from(chunks(content, start, end), { objectMode: false }),
    close: () => {},
  };
}

function* chunks(content: Uint8Array, start: number, end: number): Generator<Buffer> {
  for (let at = start; at < end; at += chunkBytes) {
    yield Buffer.from(content.slice(at, Math.min(at + chunkBytes, end)));
  }
}
