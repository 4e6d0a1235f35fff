/** What a failed final response said (RFC 9110 §15.5, §15.6). */
export interface HttpFailure {
  readonly method: string;
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  /** The local name of the first `DAV:error` condition (RFC 4918 §16), such as `lock-token-submitted`. */
  readonly condition?: string;
  /** What that condition lists: for `lock-token-submitted`, the lock roots. */
  readonly hrefs?: readonly URL[];
  /** A sentence for people: of a problem document (RFC 9457), a `responsedescription`, or short plain text. */
  readonly detail?: string;
}

/** The final response says that the request failed. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly method: string;
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly condition: string | undefined;
  readonly hrefs: readonly URL[];
  readonly detail: string | undefined;

  constructor(failure: HttpFailure) {
    const { method, url, status, condition, detail } = failure;
    const why = detail ?? condition;
    super(`${method} ${url.pathname}: ${status}${why === undefined ? "" : ` (${why})`}`);
    this.method = method;
    this.url = url;
    this.status = status;
    this.headers = failure.headers;
    this.condition = condition;
    this.hrefs = failure.hrefs ?? [];
    this.detail = detail;
  }
}
