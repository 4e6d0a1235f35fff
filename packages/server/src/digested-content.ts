/** A request's content that is digested as it is read, so that a repetition of the request can be known by it. */
import { createHash, type Hash } from "node:crypto";
import type { RequestContent } from "./dav-request.ts";

export interface DigestedContent {
  readonly content: RequestContent;
  /** The digest of all that was read; undefined where that was more than `limit` bytes. */
  digest(): string | undefined;
}

export function digestedContent(content: RequestContent, limit: number): DigestedContent {
  let hash: Hash | undefined = createHash("sha256");
  let read = 0;
  function take(chunk: Uint8Array): void {
    read += chunk.length;
    if (read > limit) hash = undefined;
    else hash?.update(chunk);
  }
  const length = content.length ?? 0;
  if (length > limit) hash = undefined;
  return {
    content: {
      length: content.length,
      async *stream() {
        for await (const chunk of content.stream()) {
          take(chunk);
          yield chunk;
        }
      },
      async text(textLimit) {
        const text = await content.text(textLimit);
        take(Buffer.from(text));
        return text;
      },
    },
    digest: () => hash?.digest("base64url"),
  };
}

/** Reads content only to know its digest. */
export async function digestOf(content: RequestContent): Promise<string> {
  const hash = createHash("sha256");
  if (content.length !== 0) for await (const chunk of content.stream()) hash.update(chunk);
  return hash.digest("base64url");
}
