/**
 * How long a client may neither send the content that is waited for, nor take the response that is ready for it, nor ask
 * for anything; in milliseconds.
 */
export const clientIdleMs: number = 2 * 60 * 1000;

/** What a request tells about its content. */
export interface ContentState {
  readonly complete: boolean;
  /** Bytes that came and were not read yet. */
  readonly readableLength: number;
  /** Whether anybody has begun to read. */
  readonly readableDidRead: boolean;
}

/** Whether it is the client that holds up a request: not the server, which may work on it for hours. */
export function isClientIdle(request: ContentState, outgoing: { readonly writableLength: number }): boolean {
  if (outgoing.writableLength > 0) return true;
  return !request.complete && request.readableDidRead && request.readableLength === 0;
}
