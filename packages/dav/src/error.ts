/** What a client asked for that cannot be: a status, and the condition that failed (RFC 4918 §8.7, §16). */

/** A path-absolute or absolute URL, percent-encoded (RFC 4918 §8.3). */
export type Href = string;

/** Pre- and postconditions with the data that each carries. RFC 4918 §16 unless another RFC is named. */
export type Condition =
  | { readonly code: "lock-token-submitted"; readonly lockRoots: readonly Href[] }
  | { readonly code: "no-conflicting-lock"; readonly lockRoots: readonly Href[] }
  | { readonly code: "lock-token-matches-request-uri" }
  | { readonly code: "no-external-entities" }
  | { readonly code: "preserved-live-properties" }
  | { readonly code: "propfind-finite-depth" }
  | { readonly code: "cannot-modify-protected-property" }
  /** RFC 4331 §6. */
  | { readonly code: "quota-not-exceeded" }
  /** RFC 4331 §6. */
  | { readonly code: "sufficient-disk-space" }
  /** RFC 5689 §3.3. */
  | { readonly code: "valid-resourcetype" };

/** What a {@link DavError} may have beside its status. */
export interface DavErrorOptions {
  readonly condition?: Condition;
  /** Fields that the response must carry, for instance `Retry-After`. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** The client asked for what cannot be. `message` is for people; it never has local paths in it. */
export class DavError extends Error {
  override readonly name = "DavError";
  readonly status: number;
  readonly condition: Condition | undefined;
  readonly fields: Readonly<Record<string, string>>;

  constructor(status: number, message: string, options: DavErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.condition = options.condition;
    this.fields = options.fields ?? {};
  }
}

/** 400: the request is malformed. */
export function badRequest(message: string, cause?: unknown): DavError {
  return new DavError(400, message, { cause });
}

/** 423: the request touches resources locked by `lockRoots` and did not submit their tokens. */
export function locked(lockRoots: readonly Href[]): DavError {
  return new DavError(423, "it is locked, and the request did not send the lock's token", {
    condition: { code: "lock-token-submitted", lockRoots },
  });
}
