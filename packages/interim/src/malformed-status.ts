/** The status for what Node's HTTP/1.1 parser refuses. */

/** An error of a "clientError" event. */
export interface ParseError extends Error {
  readonly code?: string;
  /** What came last. */
  readonly rawPacket?: Buffer;
  /** How much of it was read before the error. */
  readonly bytesParsed?: number;
}

const statuses: ReadonlyMap<string | undefined, number> = new Map([
  ["HPE_HEADER_OVERFLOW", 431],
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", 413],
  ["ERR_HTTP_REQUEST_TIMEOUT", 408],
]);

/** 400 unless the error says more: 408, 413, 431, and 501 for a method that the parser does not know. */
export function malformedStatus(error: ParseError): number {
  if (error.code === "HPE_INVALID_METHOD" && isUnknownMethod(error)) return 501;
  return statuses.get(error.code) ?? 400;
}

/** Whether the line is a request line but for its method, which is a token (RFC 9112 §3, RFC 9110 §9.1). */
function isUnknownMethod({ rawPacket, bytesParsed = 0 }: ParseError): boolean {
  if (rawPacket === undefined) return false;
  const begin = rawPacket.subarray(0, bytesParsed).lastIndexOf("\n") + 1;
  const end = rawPacket.indexOf("\n", begin);
  return requestLine.test(rawPacket.toString("latin1", begin, end === -1 ? undefined : end));
}

const requestLine = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ [^\s]+ HTTP\/1\.[01]\r?$/;
