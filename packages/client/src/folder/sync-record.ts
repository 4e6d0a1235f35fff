import type { DocumentFacts } from "./folder-member.ts";

/** A document on both sides as it was when they were last the same. */
export interface SyncRecord {
  readonly localSize: number;
  /** Whole milliseconds since the epoch. */
  readonly localModifiedMs: number;
  readonly remote: DocumentFacts;
}

/** What the last works left known of a pair of folder and collection. */
export interface KnownMembers {
  /** Whether all was the same once: what is not known is new then. */
  readonly complete: boolean;
  /** "begun": a transfer began and nobody knows how it ended, so what is there may be ours. */
  recordOf(path: string): SyncRecord | "begun" | undefined;
}

/** Nothing is known. */
export const nothingKnown: KnownMembers = { complete: false, recordOf: () => undefined };

/** One line of the state file. A path alone: its transfer has begun. */
export function writeRecord(path: string, record: SyncRecord | "begun"): string {
  const fields =
    record === "begun"
      ? []
      : [
          record.localSize,
          record.localModifiedMs,
          record.remote.size ?? null,
          record.remote.modifiedMs ?? null,
          record.remote.etag ?? null,
        ];
  return `${JSON.stringify([path, ...fields])}\n`;
}

/** Reads a line; undefined where it is none that we write: torn, or changed by others. */
export function readRecord(
  line: string,
): { readonly path: string; readonly record: SyncRecord | "begun" } | undefined {
  const fields = parsed(line);
  if (!Array.isArray(fields)) return undefined;
  const [path, localSize, localModifiedMs, size, modifiedMs, etag]: readonly unknown[] = fields;
  if (typeof path !== "string") return undefined;
  if (fields.length === 1) return { path, record: "begun" };
  if (typeof localSize !== "number" || typeof localModifiedMs !== "number") return undefined;
  const remote: DocumentFacts = {
    size: typeof size === "number" ? size : undefined,
    modifiedMs: typeof modifiedMs === "number" ? modifiedMs : undefined,
    etag: typeof etag === "string" ? etag : undefined,
  };
  return { path, record: { localSize, localModifiedMs, remote } };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // The end of a process tears the last line; nothing is known of that one then.
    return undefined;
  }
}
