import { type Awaitable, TreeError } from "@meanwhile/server/store";
import type { Calls } from "../calls/calls.ts";

/** What becomes of the members of a directory with which something is done in slices. */
export interface MembersReport {
  readonly calls: Pick<Calls, "pace">;
  readonly signal: AbortSignal | undefined;
  done(name: string): void;
  failed(name: string, error: unknown): void;
}

/**
 * Does something with each of the names, a slice at a time: an operation of the disk's workers does as many as it can in
 * some milliseconds, and stops before one that fails.
 *
 * @param slice does the first of the names, and tells how many; what it throws tells that of those before in `done`
 * @throws {TreeError} "stopped"
 */
export async function inSlices(
  names: readonly string[],
  slice: (names: readonly string[]) => Awaitable<number>,
  report: MembersReport,
): Promise<void> {
  let rest = names;
  const tell = (count: number): void => {
    for (const name of rest.slice(0, count)) report.done(name);
    rest = rest.slice(count);
  };
  while (rest.length > 0) {
    if (report.signal?.aborted === true) throw new TreeError("stopped");
    try {
      tell(await slice(rest));
    } catch (error) {
      tell((error as { readonly done?: number }).done ?? 0);
      const [name, ...others] = rest;
      rest = others;
      if (name !== undefined) report.failed(name, error);
    }
    const wait = report.calls.pace.breathe();
    if (wait !== undefined) await wait;
  }
}
