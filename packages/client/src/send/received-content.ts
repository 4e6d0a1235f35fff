/** The content of a response, within limits. Also for browsers. */

/** @returns undefined where it is longer, in bytes; then the rest is not received */
export async function boundedText(response: Response, longest: number): Promise<string | undefined> {
  if (response.body === null) return "";
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  let text = "";
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    length += value.byteLength;
    if (length > longest) {
      // What comes of cancelling does not matter: nobody reads on.
      reader.cancel().catch(() => undefined);
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** Nobody reads this response's content, of which there may be much: its exchange is ended at once. */
export function abandon(response: Response): void {
  if (response.body === null || response.bodyUsed || response.body.locked) return;
  // One that breaks now has done no harm.
  response.body.cancel().catch(() => undefined);
}

/**
 * Responses over HTTP/1.1 that have neither a length nor chunks: their content ends with the connection, so that one that
 * broke off cannot be told from one that ended (RFC 9112 §6.3, item 8; §8).
 */
const responses = new WeakSet<Response>();

/** Notes of a response that its content ends with its connection: it is not known to be whole (RFC 9112 §6.3). */
export function markCloseDelimited(response: Response): void {
  responses.add(response);
}

/** Whether the end of the content says nothing. False also where nobody knows: fetch does not tell. */
export function isCloseDelimited(response: Response): boolean {
  return responses.has(response);
}

/** Content that is not needed: a little of it is read, so that the connection can be used again. */
export async function discard(response: Response): Promise<void> {
  let bytes = 0;
  try {
    for await (const piece of piecesOf(response)) {
      bytes += piece.length;
      if (bytes > discardLimit) break;
    }
  } catch {
    // The final response stands, whatever becomes of content that nobody needs.
  }
}

/** The pieces of a response's content. Leaving the loop ends the exchange. */
export async function* piecesOf(response: Response): AsyncGenerator<Uint8Array, void> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // After the end this does nothing; nobody has to wait for it.
    reader.cancel().catch(() => undefined);
  }
}

const discardLimit = 64 * 1024;
