import type { DocumentFacts } from "../plan/folder-member.ts";

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

/** The name that the server has for a member of another name here, percent-encoded as the server writes it. */
export interface ServerName {
  readonly serverName: string;
}

/** One line of the state file. A path alone: its transfer has begun. */
export function writeRecord(path: string, record: SyncRecord | ServerName | "begun"): string {
  const fields =
    record === "begun"
      ? []
      : "serverName" in record
        ? [{ serverName: record.serverName }]
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
): { readonly path: string; readonly record: SyncRecord | ServerName | "begun" } | undefined {
  const fields = parsed(line);
  if (!Array.isArray(fields)) return undefined;
  const [path, localSize, localModifiedMs, size, modifiedMs, etag]: readonly unknown[] = fields;
  if (typeof path !== "string") return undefined;
  if (fields.length === 1) return { path, record: "begun" };
  if (typeof localSize === "object" && localSize !== null && "serverName" in localSize) {
    const { serverName } = localSize;
    return path.split("/").every(isSegment) && isSegment(serverName)
      ? { path, record: { serverName } }
      : undefined;
  }
  if (typeof localSize !== "number" || typeof localModifiedMs !== "number") return undefined;
  const remote: DocumentFacts = {
    size: typeof size === "number" ? size : undefined,
    modifiedMs: typeof modifiedMs === "number" ? modifiedMs : undefined,
    etag: typeof etag === "string" ? etag : undefined,
  };
  return { path, record: { localSize, localModifiedMs, remote } };
}

/** One name, whatever others wrote into the file. */
function isSegment(value: unknown): value is string {
  return (
    typeof value === "string" && value !== "" && !value.includes("/") && !/^(?:\.|%2e){1,2}$/i.test(value)
  );
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // The end of a process tears the last line; nothing is known of that one then.
    return undefined;
  }
}
