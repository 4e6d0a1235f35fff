/** Durations as they are typed: a number and a unit, `250ms`, `20s`, `5m`, `1h`. */
import { wrongUsage } from "../command-error.ts";

export interface DurationRange {
  readonly minMs: number;
  readonly maxMs: number;
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Parses the duration that an option was given; in milliseconds.
 * @throws {CommandError} where it is none, or outside the range
 */
export function parseDuration(option: string, value: string, range: DurationRange): number {
  const parts = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(value);
  const unit = unitMs[parts?.[2] ?? ""];
  if (parts === null || unit === undefined) {
    throw wrongUsage(`${option} takes a duration such as 250ms, 20s, 5m or 1h, not ${JSON.stringify(value)}`);
  }
  const durationMs = Number(parts[1]) * unit;
  if (durationMs < range.minMs || durationMs > range.maxMs) {
    throw wrongUsage(
      `${option} must be between ${formatDuration(range.minMs)} and ${formatDuration(range.maxMs)}, not ${value}`,
    );
  }
  return durationMs;
}

/** A duration in the largest unit that needs no fraction. */
export function formatDuration(durationMs: number): string {
  for (const unit of ["h", "m", "s"]) {
    const size = unitMs[unit] ?? 1;
    if (durationMs >= size && durationMs % size === 0) return `${durationMs / size}${unit}`;
  }
  return `${durationMs}ms`;
}
