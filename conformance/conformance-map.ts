/** The map of conformance/README.md: which test keeps which section. */

export interface Kept {
  readonly section: string;
  /** From the root of the repository. */
  readonly file: string;
  /** The test's own name, without those of the groups around it. */
  readonly test: string;
}

/** Reads the rows of all tables whose cells are: section, requirement, file in backticks, test. */
export function parseMap(markdown: string): readonly Kept[] {
  const rows: Kept[] = [];
  for (const line of markdown.split("\n")) {
    const cells = line.split("|").map((cell) => cell.trim());
    const [, section = "", , file = "", test = ""] = cells;
    const path = /^`([^`]+\.test\.ts)`$/.exec(file)?.[1];
    if (path !== undefined) {
      rows.push({ section, file: path, test });
    }
  }
  return rows;
}

/** The part of a step's report that is read here. */
export interface Report {
  readonly files: readonly {
    /** From the root of the repository. */
    readonly file: string;
    readonly tests: readonly { readonly title: string; readonly state: string }[];
  }[];
}

export type Fate = "passed" | "failed" | "skipped" | "absent";

/** What became of a test in all runs: it failed in one, passed in one, was skipped, or is in none. */
export function fateOf({ file, test }: Kept, reports: readonly Report[]): Fate {
  const statuses = reports
    .flatMap(({ files }) => files)
    .filter((reported) => reported.file === file)
    .flatMap(({ tests }) => tests)
    .filter(({ title }) => title === test)
    .map(({ state }) => state);
  if (statuses.includes("failed")) {
    return "failed";
  }
  if (statuses.includes("passed")) {
    return "passed";
  }
  return statuses.length > 0 ? "skipped" : "absent";
}
