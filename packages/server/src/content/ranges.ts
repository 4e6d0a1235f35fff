/** Parts of a representation (RFC 9110 §14). */

import { matchesStrongly } from "../conditions/entity-tag.ts";
import { lastModifiedMs } from "../conditions/last-modified.ts";
import { parseHttpDate } from "../http/http-date.ts";
import type { ByteRange, DocumentResource } from "../store.ts";

export type RangeSelection =
  /** The whole representation: no range asked for, or none that is to be honoured. */
  | { readonly kind: "whole" }
  /** One range, or several in the order that they were asked for. */
  | { readonly kind: "parts"; readonly ranges: readonly [ByteRange, ...ByteRange[]] }
  /** 416: no range lies within the representation. */
  | { readonly kind: "unsatisfiable" };

/** Ranges in one request; more are answered with the whole. */
export const maxRanges = 64;

/**
 * Selects what a `Range` field asks for out of `length` bytes.
 *
 * Malformed values and units other than bytes are ignored, as are sets of ranges that no honest client asks for:
 * more than {@link maxRanges}, more than two that overlap, more bytes in all than the representation has
 * (RFC 9110 §14.2, §17.15).
 */
export function selectRanges(value: string | undefined, length: number): RangeSelection {
  const set = value === undefined ? null : bytesRanges.exec(value);
  if (set === null) return whole;
  const ranges: ByteRange[] = [];
  const specs = (set[1] ?? "").split(",");
  if (specs.length > maxRanges) return whole;
  let asked = 0;
  for (const spec of specs) {
    const trimmed = spec.trim();
    if (trimmed === "") continue;
    const range = parseRange(trimmed, length);
    if (range === "malformed") return whole;
    asked += 1;
    if (range !== "unsatisfiable") ranges.push(range);
  }
  if (asked === 0) return whole;
  const [first, ...others] = ranges;
  if (first === undefined) return { kind: "unsatisfiable" };
  // The last bytes of nothing are nothing, for which Content-Range has no words.
  if (first.end === 0) return whole;
  return isAbusive(ranges, length) ? whole : { kind: "parts", ranges: [first, ...others] };
}

/**
 * Whether a Range counts: there is no `If-Range`, or it names the representation as it is now (RFC 9110 §13.1.5).
 * A date counts only when it is Last-Modified exactly, and old enough for a strong validator (§8.8.2.2).
 */
export function isRangeCurrent(
  ifRange: string | undefined,
  resource: DocumentResource,
  nowMs: number,
): boolean {
  if (ifRange === undefined) return true;
  const value = ifRange.trim();
  if (value.startsWith('"') || value.startsWith("W/")) return matchesStrongly(value, resource.etag);
  const dateMs = parseHttpDate(value, nowMs);
  const modifiedMs = Math.floor(lastModifiedMs(resource, nowMs) / 1000) * 1000;
  return dateMs === modifiedMs && nowMs - modifiedMs >= strongDateMs;
}

/** The value of `Content-Range` for a part (RFC 9110 §14.4). */
export function contentRange(range: ByteRange, length: number): string {
  return `bytes ${range.start}-${range.end - 1}/${length}`;
}

const whole: RangeSelection = { kind: "whole" };
const strongDateMs = 60_000;
const bytesRanges = /^bytes=([ \t\d,-]*)$/i;
const rangeSpec = /^(\d*)-(\d*)$/;

function parseRange(spec: string, length: number): ByteRange | "malformed" | "unsatisfiable" {
  const match = rangeSpec.exec(spec);
  const first = match?.[1] ?? "";
  const last = match?.[2] ?? "";
  if (match === null || (first === "" && last === "")) return "malformed";
  if (first === "") {
    const suffix = Number(last);
    return suffix === 0 ? "unsatisfiable" : { start: Math.max(0, length - suffix), end: length };
  }
  const start = Number(first);
  const end = last === "" ? length : Math.min(Number(last) + 1, length);
  // "An int-range is invalid if the last-pos value is present and less than first-pos" (§14.1.1).
  if (last !== "" && Number(last) < start) return "malformed";
  // All of nothing is nothing, too.
  if (start === 0 && length === 0) return { start: 0, end: 0 };
  return start < length ? { start, end } : "unsatisfiable";
}

function isAbusive(ranges: readonly ByteRange[], length: number): boolean {
  let bytes = 0;
  let overlaps = 0;
  let reached = 0;
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    if (range.start < reached) overlaps += 1;
    bytes += range.end - range.start;
    reached = Math.max(reached, range.end);
  }
  return overlaps > 2 || bytes > length;
}
