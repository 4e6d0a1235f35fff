import { ConnectionError, type DavClient, HttpError, type Patience } from "@meanwhile/client";
import { startsWith } from "@meanwhile/client/internal";

/** A server that changes content moves its end to another place: the last of these bytes tell as much as all of them. */
const comparedBytes = 64 * 1024;

/** Tab, line feed, form feed, carriage return, space. */
const whiteSpace: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x20]);

/**
 * Whether a resource has the first bytes of content that was sent, and nothing else: then its end was lost, by a full disk
 * or a proxy. It is taken for so where it cannot be read. Without white space at its end it was changed, and not cut.
 *
 * @param length bytes of the resource, fewer than the content has
 * @param open reads the content from a byte on
 */
export async function isOnlyBeginning(
  client: DavClient,
  url: URL,
  length: number,
  open: (start: number) => AsyncIterable<Uint8Array>,
  patience: Patience,
): Promise<boolean> {
  if (length === 0) return true;
  const start = Math.max(length - comparedBytes, 0);
  try {
    const { content } = await client.get(url, { ...patience, range: { start } });
    if (!(await startsWith(open(start), content, () => undefined))) return false;
    for await (const piece of open(length)) if (piece.some((byte) => !whiteSpace.has(byte))) return true;
    return false;
  } catch (error) {
    if (error instanceof HttpError || error instanceof ConnectionError) return true;
    throw error;
  }
}
