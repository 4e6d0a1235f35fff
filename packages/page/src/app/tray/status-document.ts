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

/** Whether somebody may want to hear of it: it runs, or it took a while, or something is wrong. */
export function isNews(operation: StatusDocument): boolean {
  const { state, started, ended } = operation;
  if (state !== "finished" || ended === undefined || hasFailed(operation)) return true;
  return Date.parse(ended) - Date.parse(started) >= newsMs;
}

/** Whether it ended, and as was wanted. */
export function hasFailed({ outcome, state, failures }: StatusDocument): boolean {
  return outcome !== undefined && (outcome.status >= 400 || failures > 0 || state === "interrupted");
}
