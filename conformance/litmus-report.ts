/** What litmus says, read. */

export interface SuiteReport {
  readonly suite: string;
  readonly run: number;
  readonly passed: number;
  readonly failed: number;
  readonly warnings: number;
  /** Its lines that tell of a failure or a warning. */
  readonly complaints: readonly string[];
}

/**
 * Reads the output of litmus 0.13 and later. A suite that has no summary, since it broke off, is reported as failed.
 */
export function parseLitmus(output: string): readonly SuiteReport[] {
  // Results are overwritten in place on a terminal: each carriage return begins the line anew.
  const lines = output.split(/[\r\n]+/);
  const reports: SuiteReport[] = [];
  let complaints: string[] = [];
  for (const line of lines) {
    const begins = /^-> running `(?<suite>\w+)':/.exec(line)?.groups;
    const ends =
      /^<- summary for `\w+': of (?<run>\d+) tests run: (?<passed>\d+) passed, (?<failed>\d+) failed\./.exec(
        line,
      )?.groups;
    const last = reports.at(-1);
    if (begins !== undefined) {
      complaints = [];
      reports.push({
        suite: begins["suite"] ?? "",
        run: 0,
        passed: 0,
        failed: 1,
        warnings: 0,
        complaints: ["no summary"],
      });
    } else if (last === undefined) {
      // The banner.
    } else if (ends !== undefined) {
      const warnings = complaints.filter((complaint) => complaint.includes("WARNING")).length;
      const count = (name: string) => Number(ends[name]);
      const counted = { run: count("run"), passed: count("passed"), failed: count("failed") };
      reports[reports.length - 1] = { suite: last.suite, ...counted, warnings, complaints };
    } else if (/\bFAIL\b|\bWARNING\b/.test(line)) {
      complaints.push(line.trim());
    }
  }
  return reports;
}
