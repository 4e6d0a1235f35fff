import { Readable } from "node:stream";
import type { Draft, OpenDocument } from "../store.ts";

/** A document that waits for the gate before it gives bytes: once a chunk. */
export function slowDocument(document: OpenDocument, gate: () => Promise<void>): OpenDocument {
  return {
    resource: document.resource,
    properties: () => document.properties(),
    bytes: async (range) => {
      await gate();
      return document.bytes(range);
    },
    stream: (range) => Readable.from(slowly(document.stream(range), gate), { objectMode: false }),
    close: () => document.close(),
  };
}

/** A draft that waits for the gate before it takes bytes, and before it is committed. */
export function slowDraft(draft: Draft, gate: (step: "bytes" | "commit") => Promise<void>): Draft {
  return {
    write: async (chunk) => {
      await gate("bytes");
      await draft.write(chunk);
    },
    commit: async (options) => {
      await gate("commit");
      return draft.commit(options);
    },
    discard: () => draft.discard(),
  };
}

async function* slowly(stream: Readable, gate: () => Promise<void>): AsyncGenerator<unknown> {
  for await (const chunk of stream) {
    await gate();
    yield chunk;
  }
}
