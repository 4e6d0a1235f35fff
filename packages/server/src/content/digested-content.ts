/** A request's content that is digested as it is read, so that a repetition of the request can be known by it. */
import { createHash, type Hash } from "node:crypto";
import type { RequestContent } from "../request/dav-request.ts";
import { readText } from "../request/request-content.ts";

export interface DigestedContent {
  readonly content: RequestContent;
  /** The digest of all that was read; undefined where that was more than `limit` bytes. Ask once, in the end. */
  digest(): string | undefined;
}

/** Content whose digest is known once it was read to its end. @param limit in bytes; of longer content there is no digest */
export function digestedContent(content: RequestContent, limit: number): DigestedContent {
  let hash: Hash | undefined = (content.length ?? 0) > limit ? undefined : createHash("sha256");
  let read = 0;

  async function* stream(): AsyncGenerator<Uint8Array> {
    for await (const chunk of content.stream()) {
      read += chunk.length;
      if (read > limit) hash = undefined;
      hash?.update(chunk);
      yield chunk;
    }
  }

  return {
    content: {
      length: content.length,
      stream,
      text: (textLimit) => readText({ length: content.length, stream }, textLimit),
    },
    digest: () => hash?.digest("base64url"),
  };
}

/** Reads content only to know its digest. @throws {DavError} 400 where it was broken off */
export async function digestOf(content: RequestContent): Promise<string> {
  const hash = createHash("sha256");
  if (content.length !== 0) for await (const chunk of content.stream()) hash.update(chunk);
  return hash.digest("base64url");
}
