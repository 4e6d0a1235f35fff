/** Takes the content coding off what was recorded: whoever gets it later may not accept that coding. */
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";

const decoders = new Map([
  ["gzip", promisify(gunzip)],
  ["x-gzip", promisify(gunzip)],
  ["deflate", promisify(inflate)],
  ["br", promisify(brotliDecompress)],
]);

/** @returns undefined where it is longer than `limit` bytes, not of this coding, or the coding is not known */
export async function decoded(
  coding: string,
  content: Uint8Array,
  limit: number,
): Promise<Buffer | undefined> {
  const decode = decoders.get(coding.trim().toLowerCase());
  if (decode === undefined) return undefined;
  try {
    return await decode(content, { maxOutputLength: Math.max(1, limit) });
  } catch {
    // Not of this coding, or too long: it is kept as it is, and says which coding it has.
    return undefined;
  }
}
