/** A response's content as text, as long as it is short. */

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

/** Nobody reads this response's content: its connection is free for others. */
export function discard(response: Response): void {
  if (response.body === null || response.bodyUsed || response.body.locked) return;
  // One that breaks now has done no harm.
  response.body.cancel().catch(() => undefined);
}
