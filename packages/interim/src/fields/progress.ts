/** `Progress` (draft-wright-http-progress): how far a request is. */
import { misuse } from "../exchange/misuse.ts";
import { type Remark, readRemark, writeComment, writeQuoted } from "./remark.ts";

/** How far something is (HTTP Progress draft). */
export interface Progress {
  /** Sub-operations (members) that are done. MUST NOT decrease: that is the caller's duty. */
  readonly done: number;
  /** All of them; undefined while that is not known. */
  readonly total: number | undefined;
  /** What is being done, for people. */
  readonly remark?: string;
  /** How far the current one is, such as the bytes of a large file. */
  readonly fraction?: ProgressFraction;
}

/** How much of how much. */
export interface ProgressFraction {
  readonly done: number;
  readonly total: number;
  /** The unit or what else there is to say, for people: "bytes". */
  readonly remark?: string;
}

/** Longest field that is read, in characters. */
const longestField = 4096;

/**
 * Formats the field: `3/20 "remark" 8020/8591489 (bytes)`. A remark is quoted, in US-ASCII, without control
 * characters and at most 200 bytes long; one in other letters is an RFC 8187 ext-value, as the draft has it.
 *
 * The draft: "If specified, the denominator MUST NOT be smaller than the numerator": such a total is left out.
 *
 * @throws {TypeError} `ERR_PROGRESS` for a number that is no count (not whole, negative, beyond 2^53)
 */
export function formatProgress(progress: Progress): string {
  let field = formatFraction(progress.done, progress.total);
  if (progress.remark !== undefined) field += withSpace(writeQuoted(progress.remark));
  const { fraction } = progress;
  if (fraction !== undefined) {
    field += ` ${formatFraction(fraction.done, fraction.total)}`;
    if (fraction.remark !== undefined) field += withSpace(writeComment(fraction.remark));
  }
  return field;
}

/**
 * Parses the field. The remark before a second fraction is about the whole, the one behind it about that fraction; of
 * several the first counts. Remarks come without control characters. Reading ends at what is no remark.
 *
 * @returns undefined unless it begins with a fraction in numbers up to 2^53, or if it is longer than 4,096 characters
 */
export function parseProgress(value: string): Progress | undefined {
  if (value.length > longestField) return undefined;
  const text = value.trim();
  const whole = readFraction(text, 0);
  if (whole === undefined) return undefined;
  let remark: string | undefined;
  let nested: { done: number; total: number; remark?: string } | undefined;
  let next: ({ readonly end: number } & Partial<Remark>) | undefined = whole;
  while (next !== undefined) {
    const at = skipSpace(text, next.end);
    if (at === next.end) break;
    const fraction = readFraction(text, at);
    next = fraction ?? readRemark(text, at);
    if (fraction !== undefined) {
      if (nested !== undefined || fraction.total === undefined) break;
      nested = { done: fraction.done, total: fraction.total };
    } else if (next?.text !== undefined) {
      if (nested === undefined) remark ??= next.text;
      else nested.remark ??= next.text;
    }
  }
  return {
    done: whole.done,
    total: whole.total,
    ...(remark === undefined ? {} : { remark }),
    ...(nested === undefined ? {} : { fraction: nested }),
  };
}

function formatFraction(done: number, total: number | undefined): string {
  checkCount(done);
  if (total !== undefined) checkCount(total);
  return total === undefined || total < done ? `${done}/` : `${done}/${total}`;
}

function checkCount(count: number): void {
  if (!Number.isSafeInteger(count) || count < 0)
    throw misuse("ERR_PROGRESS", "progress counts in whole numbers from 0");
}

function withSpace(text: string): string {
  return text === "" ? "" : ` ${text}`;
}

interface Fraction {
  readonly done: number;
  readonly total: number | undefined;
  readonly end: number;
}

function readFraction(text: string, at: number): Fraction | undefined {
  const pattern = /(\d{1,16})\/(\d{0,16})(?=[ \t]|$)/y;
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  if (found === null) return undefined;
  const done = Number(found[1]);
  const total = found[2] ? Number(found[2]) : undefined;
  if (
    !Number.isSafeInteger(done) ||
    (total !== undefined && (!Number.isSafeInteger(total) || total < done))
  ) {
    return undefined;
  }
  return { done, total, end: pattern.lastIndex };
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (text[at] === " " || text[at] === "\t") at += 1;
  return at;
}
