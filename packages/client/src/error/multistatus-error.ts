import type { PropertyName } from "@meanwhile/dav/property";

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
 * Part of the request failed: a 207 that reports failures is no success (RFC 4918 §13).
 */
export class MultistatusError extends Error {
  override readonly name = "MultistatusError";
  readonly method: string;
  readonly url: URL;
  /** All that the server told, also what succeeded. */
  readonly members: readonly MemberResult[];

  constructor(method: string, url: URL, members: readonly MemberResult[]) {
    const failed = members.filter(({ status }) => status >= 400);
    const first = failed[0];
    const example = first === undefined ? "" : `, such as ${first.url.pathname}: ${first.status}`;
    super(`${method} ${url.pathname}: ${failed.length} failed${example}`);
    this.method = method;
    this.url = url;
    this.members = members;
  }

  /** Those that failed. A 424 (§11.4) failed because another one did. */
  get failed(): readonly MemberResult[] {
    return this.members.filter(({ status }) => status >= 400);
  }
}
