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

/** Whether it ended, and as was wanted. */
export function hasFailed({ outcome, state, failures }: StatusDocument): boolean {
  return outcome !== undefined && (outcome.status >= 400 || failures > 0 || state === "interrupted");
}
