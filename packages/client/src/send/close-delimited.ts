/**
 * Responses over HTTP/1.1 that have neither a length nor chunks: their content ends with the connection, so that one that
 * broke off cannot be told from one that ended (RFC 9112 §6.3, item 8; §8).
 */
const responses = new WeakSet<Response>();

/** Notes of a response that its content ends with its connection: it is not known to be whole (RFC 9112 §6.3). */
export function markCloseDelimited(response: Response): void {
  responses.add(response);
}

/** Whether the end of the content says nothing. False also where nobody knows: fetch does not tell. */
export function isCloseDelimited(response: Response): boolean {
  return responses.has(response);
}
