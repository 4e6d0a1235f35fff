import type { RequestContent } from "../../send/send.ts";

/** Content of which the length is known, and that can be opened at any byte, as often as need be. */
export interface PositionedContent {
  /** Bytes. */
  readonly length: number;
  open(start: number): AsyncIterable<Uint8Array>;
}

/** Undefined where it can be read but once, or nobody knows how long it is. */
export function positionedContent(content: RequestContent): PositionedContent | undefined {
  if (typeof content === "string") return undefined;
  if (content instanceof Uint8Array) {
    return {
      length: content.length,
      async *open(start) {
        yield content.subarray(start);
      },
    };
  }
  if (content instanceof Blob) {
    return { length: content.size, open: (start) => content.slice(start).stream() };
  }
  if (content instanceof ReadableStream || content.length === undefined) return undefined;
  const { length } = content;
  return { length, open: (start) => content.open(start) };
}
