/** An upload as it is kept under its id. */
import type { ResourcePath } from "@meanwhile/dav";
import { TreeError } from "../store.ts";

/** The format of an upload's record. Raised when an older server could not read it any more. */
const formatVersion = 1;

/** What became of a completed upload, to be told again. */
export interface EndedUpload {
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  /** Of a failure, for people. */
  readonly message?: string;
}

export interface UploadRecord {
  readonly version: typeof formatVersion;
  /** The document that the content is for. */
  readonly path: ResourcePath;
  /** Who began it; absent: an anonymous client. */
  readonly principal?: string;
  /** Fields of the request that began it, by which its end is judged. */
  readonly headers: Readonly<Record<string, string>>;
  /** Names the draft to its tree; absent until there is one. */
  readonly mark?: string;
  /** Bytes that came and are synced. */
  readonly offset: number;
  /** Bytes of the whole, once it was said. */
  readonly length?: number;
  /** As the clock of uploads goes. */
  readonly expiresAtMs: number;
  /** All has come, and is about to be put in place. */
  readonly completing?: true;
  readonly ended?: EndedUpload;
}

/** The record of an upload that begins. */
export function newUploadRecord(
  upload: Pick<UploadRecord, "path" | "principal" | "headers" | "length" | "expiresAtMs">,
): UploadRecord {
  return { version: formatVersion, offset: 0, ...upload };
}

/** @throws {TreeError} "unavailable" if it is not the record of an upload, or one of a newer format */
export function readUploadRecord(id: string, value: unknown): UploadRecord {
  const record = (typeof value === "object" && value !== null ? value : {}) as Partial<
    Record<keyof UploadRecord, unknown>
  >;
  const { version, path, principal, headers, mark, offset, length, expiresAtMs, ended } = record;
  if (typeof version === "number" && version > formatVersion) {
    throw new TreeError(
      "unavailable",
      `the uploads are kept in format ${version}; this version reads ${formatVersion}`,
    );
  }
  const isSound =
    version === formatVersion &&
    typeof path === "string" &&
    path.startsWith("/") &&
    (principal === undefined || typeof principal === "string") &&
    typeof headers === "object" &&
    headers !== null &&
    (mark === undefined || typeof mark === "string") &&
    isBytes(offset) &&
    (length === undefined || isBytes(length)) &&
    typeof expiresAtMs === "number" &&
    (ended === undefined || (typeof ended === "object" && ended !== null));
  if (!isSound) throw new TreeError("unavailable", `the record of the upload ${id} cannot be read`);
  return record as UploadRecord;
}

function isBytes(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
