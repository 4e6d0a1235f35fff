/** Why there was no final response. */
export type ConnectionErrorCode =
  /** The name has no address. */
  | "name-unknown"
  /** Nobody listens there, or no way leads there. */
  | "refused"
  /** The other side is not who it should be, or does not speak TLS. */
  | "tls"
  /** The connection ended before the final response did. */
  | "lost"
  /** No byte and no interim response for `idleTimeoutMs`. */
  | "idle"
  /** Not done after `timeoutMs`. */
  | "timeout"
  /** What came is not HTTP, not the document that it should be, or more than the limits allow. */
  | "malformed"
  /** A proxy did not let us through. */
  | "proxy";

/** There is no complete final response to a request. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly code: ConnectionErrorCode;
  /** Whether the server may have seen the request: where it has not, it may be sent again without harm. */
  readonly mayHaveArrived: boolean;
  /** How many interim responses came before. */
  readonly interims: number;

  constructor(
    code: ConnectionErrorCode,
    message: string,
    options: { readonly mayHaveArrived: boolean; readonly interims?: number; readonly cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.mayHaveArrived = options.mayHaveArrived;
    this.interims = options.interims ?? 0;
  }
}
