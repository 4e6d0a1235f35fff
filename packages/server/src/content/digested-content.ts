/** A request's content that is digested as it is read, so that a repetition of the request can be known by it. */
import { createHash, type Hash, hash } from "node:crypto";
import type { RequestContent } from "../request/dav-request.ts";
import { readText, takeContent } from "../request/request-content.ts";

export interface DigestedContent {
  readonly content: RequestContent;
  /** The digest of all that was read; undefined where that was more than `limit` bytes. Ask once, in the end. */
  digest(): string | undefined;
}

/**
 * Content whose digest is known once it was read to its end.
 * @param limit in bytes; of longer content there is no digest. undefined: nobody asks for it
 */
export function digestedContent(content: RequestContent, limit: number | undefined): DigestedContent {
  return limit === undefined ? { content, digest: () => undefined } : digested(content, limit);
}

function digested(content: RequestContent, limit: number): DigestedContent {
  const { length } = content;
  let read = 0;
  let all: Uint8Array | undefined;
  let begun: Hash | undefined;

  function atHand(): Uint8Array | undefined {
    all = content.atHand?.();
    return all;
  }

  async function* stream(): AsyncGenerator<Uint8Array> {
    if ((length ?? 0) <= limit) begun = createHash("sha256");
    for await (const chunk of content.stream()) {
      read += chunk.length;
      if (read > limit) begun = undefined;
      begun?.update(chunk);
      yield chunk;
    }
  }

  return {
    content: { length, atHand, stream, text: (textLimit) => readText({ length, atHand, stream }, textLimit) },
    digest() {
      if (begun !== undefined) return begun.digest("base64url");
      if (read > 0 || (all?.length ?? length ?? 0) > limit) return undefined;
      return hash("sha256", all ?? noBytes, "base64url");
    },
  };
}

const noBytes = new Uint8Array();

/** Reads content only to know its digest. @throws {DavError} 400 where it was broken off */
export async function digestOf(content: RequestContent): Promise<string> {
  const whole = createHash("sha256");
  if (content.length !== 0) await takeContent(content, (piece) => void whole.update(piece));
  return whole.digest("base64url");
}
