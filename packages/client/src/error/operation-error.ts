/** How waiting for a long request ended without its outcome. */

/** The caller left with `detach()`: the operation goes on. `url` tells where to ask, if the server said so. */
export class DetachedError extends Error {
  override readonly name = "DetachedError";
  readonly url: URL | undefined;

  constructor(url: URL | undefined) {
    super(url === undefined ? "no longer waited for" : `no longer waited for; it goes on at ${url.href}`);
    this.url = url;
  }
}

/** The operation was cancelled, by us or by another. */
export class CancelledError extends Error {
  override readonly name = "CancelledError";
  readonly url: URL | undefined;

  constructor(url: URL | undefined) {
    super("the operation was cancelled");
    this.url = url;
  }
}

/**
 * Whether the request was carried out is not known, and it is not sent again: the connection was lost and the server
 * keeps no answers, or does not come back, or was interrupted itself. The `cause` tells.
 */
export class OutcomeUnknownError extends Error {
  override readonly name = "OutcomeUnknownError";
  readonly method: string;
  readonly url: URL;

  constructor(method: string, url: URL, cause: unknown) {
    const why = cause instanceof Error ? ` (${cause.message})` : "";
    super(`${method} ${url.pathname}: whether it was done is not known${why}`, { cause });
    this.method = method;
    this.url = url;
  }
}
