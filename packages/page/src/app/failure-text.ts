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
  return isLost(error) || isPageIncomplete(error);
}

/** Whether the same once more may do better. */
export function isLost(error: unknown): boolean {
  return error instanceof Error && error.name === "ConnectionError";
}

/** Whether a part of the page itself did not come: browsers keep that it did not, until the page is loaded again. */
export function isPageIncomplete(error: unknown): boolean {
  // What `import()` throws.
  return error instanceof Error && error.name === "TypeError";
}
