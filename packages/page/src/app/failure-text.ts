/** Failures as sentences that say what to do. */
import type { Words } from "./words/words.ts";

/** Of a folder that cannot be shown. Errors of the client are known by their names: its module is loaded late. */
export function folderFailure(error: unknown, { failures }: Words): string {
  const status = statusOf(error);
  if (status === 404) return failures.missing;
  if (status === 403) return failures.forbidden;
  if (status === 401) return failures.login;
  if (status !== undefined) return failures.other(status);
  return isConnectionFailure(error) ? failures.connection : failures.unknown;
}

/** The status that the server answered with; undefined where it did not. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || error.name !== "HttpError") return undefined;
  return (error as Error & { readonly status: number }).status;
}

/** Whether nothing, or only a part, came of an answer. */
export function isConnectionFailure(error: unknown): boolean {
  // What `import()` of the client throws is a TypeError.
  return error instanceof Error && (error.name === "ConnectionError" || error.name === "TypeError");
}
