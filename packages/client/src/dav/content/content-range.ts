/** The `Content-Range` field of a 206 (RFC 9110 §14.4). */

export interface ContentRange {
  /** The first byte. */
  readonly start: number;
  /** The last byte, which is included. */
  readonly end: number;
  /** Bytes of the whole; undefined where the server does not know. */
  readonly total?: number;
}

/** @returns undefined if it is no range of bytes, or says what cannot be */
export function parseContentRange(value: string | null): ContentRange | undefined {
  const [, first, last, whole] =
    /^\s*bytes\s+([0-9]{1,16})-([0-9]{1,16})\/([0-9]{1,16}|\*)\s*$/i.exec(value ?? "") ?? [];
  if (first === undefined || last === undefined || whole === undefined) return undefined;
  const start = Number(first);
  const end = Number(last);
  const total = whole === "*" ? undefined : Number(whole);
  // "A Content-Range field value is invalid if it contains a range-resp that has a last-pos value less than its
  // first-pos value, or a complete-length value less than or equal to its last-pos value."
  if (end < start || (total !== undefined && total <= end)) return undefined;
  if (!Number.isSafeInteger(end) || !Number.isSafeInteger(total ?? 0)) return undefined;
  return { start, end, ...(total === undefined ? {} : { total }) };
}
