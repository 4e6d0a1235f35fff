/**
 * The time of day when the process started, counted on by a clock that never jumps: by it leases end (kept answers,
 * locks) while the process runs, whatever the time of day is set to. Milliseconds since the epoch. Time in which the
 * machine sleeps does not count.
 */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now();
}
