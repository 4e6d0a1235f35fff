/** How long ended operations are kept, how many, and how much of them. */

/** Running operations are never dropped. */
export interface Retention {
  /** Milliseconds after its end; default 72 h. */
  readonly keepMs: number;
  /** How many at most; default 10,000. The one that ended first goes first. */
  readonly entries: number;
  /** Of all recorded content and names of failed members together; default 256 MiB. The one that ended first goes first. */
  readonly bytes: number;
}

/** 72 hours, 10,000 operations, 256 MiB. */
export const defaultRetention: Retention = {
  keepMs: 72 * 3_600_000,
  entries: 10_000,
  bytes: 256 * 1024 * 1024,
};

/**
 * A retention with the defaults in it.
 *
 * @throws {TypeError} `ERR_RETENTION` for what cannot be
 */
export function fullRetention(retention: Partial<Retention> = {}): Retention {
  const { keepMs, entries, bytes } = defaultRetention;
  return {
    keepMs: limit("keepMs", retention.keepMs ?? keepMs),
    entries: limit("entries", retention.entries ?? entries),
    bytes: limit("bytes", retention.bytes ?? bytes),
  };
}

function limit(name: string, value: unknown): number {
  if (typeof value === "number" && value >= 0) return value;
  throw Object.assign(new TypeError(`retention: ${name} is a number from 0 up, not ${String(value)}`), {
    code: "ERR_RETENTION",
  });
}
