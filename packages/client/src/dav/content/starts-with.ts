/**
 * Whether `content` begins with all of `part`.
 *
 * @param onEqual told how many bytes were found equal since it was told last
 * @throws what reading either throws
 */
export async function startsWith(
  content: AsyncIterable<Uint8Array>,
  part: AsyncIterable<Uint8Array>,
  onEqual: (bytes: number) => void,
): Promise<boolean> {
  const own = content[Symbol.asyncIterator]();
  let left: Uint8Array = new Uint8Array(0);
  try {
    for await (const piece of part) {
      for (let at = 0; at < piece.length; ) {
        if (left.length === 0) {
          const next = await own.next();
          if (next.done) return false;
          left = next.value;
          continue;
        }
        const count = Math.min(left.length, piece.length - at);
        if (!isEqual(left, piece, at, count)) return false;
        left = left.subarray(count);
        at += count;
        onEqual(count);
      }
    }
    return true;
  } finally {
    await own.return?.();
  }
}

function isEqual(left: Uint8Array, piece: Uint8Array, at: number, count: number): boolean {
  for (let index = 0; index < count; index += 1) {
    if (left[index] !== piece[at + index]) return false;
  }
  return true;
}
