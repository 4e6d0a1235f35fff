/**
 * An entry as bytes: a CRC-32 of all that follows, the length of the JSON, the JSON, the outcome's content. Numbers
 * are 32 bits, big-endian. The content is kept byte for byte; in text, lone surrogates become U+FFFD.
 */
import { crc32 } from "node:zlib";
import type { JournalEntry } from "../journal/journal.ts";
import type { MemberResult } from "../operation/member-results.ts";
import type { Outcome } from "../operation/operation.ts";

/** A content that is too large for a record, and where it is. */
export interface ContentFile {
  readonly name: string;
  readonly size: number;
  readonly crc: number;
}

export interface EntryRecord {
  readonly entry: JournalEntry;
  /** Where the entry's content is; undefined: in the record. */
  readonly file: ContentFile | undefined;
  /** Grows with every entry that ends: the order in which retention gives them up. */
  readonly order: number;
}

interface OutcomeJson {
  readonly status: number;
  readonly fields: Outcome["fields"];
  readonly text: boolean;
  readonly file?: ContentFile;
  readonly truncated?: true;
  readonly runsAnew?: true;
  readonly secret?: true;
  readonly forgotten?: true;
}

const headLength = 8;

/** An entry as the bytes of its record. The content is left out where it is in a file. */
export function encodeRecord({ entry, file, order }: EntryRecord): Buffer {
  const { outcome, failed, ...rest } = entry;
  const json = Buffer.from(
    JSON.stringify({
      failed: failed.map(({ status, uri }) => [status, uri]),
      order,
      ...rest,
      ...(outcome === undefined ? {} : { outcome: outcomeJson(outcome, file) }),
    }),
  );
  const content = outcome === undefined || file !== undefined ? noContent : bytesOf(outcome.content);
  const record = Buffer.concat([Buffer.alloc(headLength), json, content]);
  record.writeUInt32BE(json.length, 4);
  record.writeUInt32BE(crc32(record.subarray(4)), 0);
  return record;
}

/**
 * Reads what {@link encodeRecord} made. Where the content is in a file, it is missing from the entry.
 *
 * @throws {TypeError} if it is no such record
 */
export function decodeRecord(record: Uint8Array): EntryRecord {
  const buffer = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  if (buffer.length < headLength || crc32(buffer.subarray(4)) !== buffer.readUInt32BE(0)) {
    throw new TypeError("the record is damaged");
  }
  const end = headLength + buffer.readUInt32BE(4);
  const { order, outcome, failed, ...rest } = parsed(buffer.subarray(headLength, end).toString());
  const { progress } = rest;
  const entry: JournalEntry = {
    id: rest.id,
    kind: rest.kind,
    target: rest.target,
    principal: rest.principal,
    state: rest.state,
    startedAtMs: rest.startedAtMs,
    endedAtMs: rest.endedAtMs,
    progress: { done: progress.done, total: progress.total, remark: progress.remark, bytes: progress.bytes },
    failed: failed.map(([status, uri]): MemberResult => ({ status, uri })),
    failures: rest.failures,
    version: rest.version,
    outcome: outcome === undefined ? undefined : outcomeOf(outcome, buffer.subarray(end)),
    intent: rest.intent,
    key: rest.key,
    hidden: rest.hidden,
    delivered: rest.delivered,
    ...(rest.destination === undefined ? {} : { destination: rest.destination }),
  };
  return { entry, file: outcome?.file, order };
}

/** What lies in a file of an outcome: its content; where that holds secrets, the fields before it. */
export function fileOf({ fields, content, secret }: Outcome): Uint8Array {
  if (!secret) return bytesOf(content);
  const head = Buffer.from(JSON.stringify(fields));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, bytesOf(content)]);
}

/** The outcome of a record with what lies in its file. */
export function withFile(outcome: Outcome, file: Buffer): Outcome {
  if (!outcome.secret) return contentLike(outcome, file);
  const end = 4 + file.readUInt32BE(0);
  const fields = JSON.parse(file.toString("utf8", 4, end)) as Outcome["fields"];
  return contentLike({ ...outcome, fields }, file.subarray(end));
}

/** Content read back, as it was put: text or bytes. */
function contentLike(outcome: Outcome, content: Buffer): Outcome {
  return {
    ...outcome,
    content: typeof outcome.content === "string" ? content.toString() : new Uint8Array(content),
  };
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? Buffer.from(content) : content;
}

const noContent = new Uint8Array();

interface EntryJson extends Omit<JournalEntry, "outcome" | "failed"> {
  readonly outcome?: OutcomeJson;
  readonly failed: readonly (readonly [number, string])[];
  readonly order: number;
}

function outcomeJson({ fields, content, ...others }: Outcome, file: ContentFile | undefined): OutcomeJson {
  return {
    ...others,
    // What is secret is in the file: a record's pages stay in the database until they are needed again.
    fields: file !== undefined && others.secret ? {} : fields,
    text: typeof content === "string",
    ...(file === undefined ? {} : { file }),
  };
}

function outcomeOf({ text, file: _, ...kept }: OutcomeJson, content: Buffer): Outcome {
  return contentLike({ content: text ? "" : noContent, ...kept }, content);
}

function parsed(text: string): EntryJson {
  const json: unknown = JSON.parse(text);
  // The checksum is right, so these are the bytes that were written. This is for what only looks like a record.
  if (typeof json !== "object" || json === null) throw new TypeError("the record is no entry");
  const { id, state, startedAtMs, order, failed, progress } = json as Partial<
    Record<keyof EntryJson, unknown>
  >;
  const known =
    typeof id === "string" &&
    typeof state === "string" &&
    typeof startedAtMs === "number" &&
    typeof order === "number" &&
    Array.isArray(failed) &&
    typeof progress === "object" &&
    progress !== null;
  if (!known) throw new TypeError("the record is no entry");
  return json as EntryJson;
}
