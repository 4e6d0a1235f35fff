import type { PropertyName } from "@meanwhile/dav";

/** What became of one resource of a request on many (RFC 4918 §9.6.1, §14.24). */
export interface MemberResult {
  readonly url: URL;
  readonly status: number;
  /** The local name of its `DAV:error` condition, if any. */
  readonly condition?: string;
  readonly description?: string;
  /** Of PROPPATCH: the property that this is about. */
  readonly property?: PropertyName;
}

/**
 * Part of the request failed: a 207 that reports failures is no success (RFC 4918 §13). Of a listing: what it gave before is
 * not all that is there.
 */
export class MultistatusError extends Error {
  override readonly name = "MultistatusError";
  readonly method: string;
  readonly url: URL;
  /** All that the server told, also what succeeded; of a listing, what failed. */
  readonly members: readonly MemberResult[];

  constructor(method: string, url: URL, members: readonly MemberResult[]) {
    const failed = members.filter(hasFailed);
    const first = failed[0];
    const example = first === undefined ? "" : `, such as ${first.url.pathname}: ${first.status}`;
    super(`${method} ${url.pathname}: ${failed.length} failed${example}`);
    this.method = method;
    this.url = url;
    this.members = members;
  }

  /** Those that failed. A 424 (§11.4) failed because another one did. */
  get failed(): readonly MemberResult[] {
    return this.members.filter(hasFailed);
  }
}

/** All but a success (RFC 9110 §15.3): a redirection within a 207 leads nowhere by itself. */
export function hasFailed({ status }: Pick<MemberResult, "status">): boolean {
  return status < 200 || status > 299;
}
