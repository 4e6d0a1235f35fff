/** A status document, as far as the page shows it (docs/reference/status-documents.md). */
export interface StatusDocument {
  readonly id: string;
  readonly href: string;
  readonly state: "running" | "cancelling" | "finished" | "cancelled" | "interrupted";
  readonly method: string;
  readonly target: string;
  /** Absent where it goes nowhere. */
  readonly destination?: string;
  readonly started: string;
  readonly ended?: string;
  readonly progress: {
    readonly done: number;
    readonly total?: number;
    readonly remark?: string;
    /** While it runs: the path of a member that is worked on, or was dealt with last. */
    readonly member?: string;
    readonly bytes?: { readonly done: number; readonly total: number };
  };
  readonly failed: readonly { readonly status: number; readonly uri: string }[];
  readonly failures: number;
  readonly cancel?: string;
  readonly hide?: string;
  readonly outcome?: { readonly status: number; readonly href: string };
}

/** What ends well before anybody looks is no news: the folder shows it. */
const newsMs = 1_000;

/** Nothing was done, for something of that name is there: whoever asked goes on, or asks a person. */
const inTheWay: ReadonlySet<number> = new Set([405, 412]);

/** Whether somebody may want to hear of it: it runs, or it took a while, or something is wrong. */
export function isNews(operation: StatusDocument): boolean {
  const { state, started, ended, outcome } = operation;
  if (state !== "finished" || ended === undefined) return true;
  if (Date.parse(ended) - Date.parse(started) >= newsMs) return true;
  return hasFailed(operation) && !inTheWay.has(outcome?.status ?? 0);
}

/** Whether it ended otherwise than was wanted. What somebody has stopped has not: its error status is for programs. */
export function hasFailed({ outcome, state, failures }: StatusDocument): boolean {
  if (outcome === undefined || state === "cancelled") return false;
  return outcome.status >= 400 || failures > 0 || state === "interrupted";
}
