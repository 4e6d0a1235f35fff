/** What is said of what Node's HTTP/1.1 parser refuses. */

/** An error of a "clientError" event. */
export interface ParseError extends Error {
  readonly code?: string;
  /** What came last. */
  readonly rawPacket?: Buffer;
  /** How much of it was read before the error. */
  readonly bytesParsed?: number;
}

export interface Refusal {
  /** 400 unless the error says more: 408, 413, 431, and 501 for a method that the parser does not know. */
  readonly status: number;
  /** Of the request line, where the method is all that is wrong with it. */
  readonly method?: string;
  readonly target?: string;
}

/** What a client is told of its bytes that the parser does not take. */
export function refusalOf(error: ParseError): Refusal {
  const line = error.code === "HPE_INVALID_METHOD" ? unknownMethod(error) : undefined;
  return line === undefined ? { status: statuses.get(error.code) ?? 400 } : { status: 501, ...line };
}

const statuses: ReadonlyMap<string | undefined, number> = new Map([
  ["HPE_HEADER_OVERFLOW", 431],
  ["HPE_CHUNK_EXTENSIONS_OVERFLOW", 413],
  ["ERR_HTTP_REQUEST_TIMEOUT", 408],
]);

/** Of a line that is a request line but for its method, which is a token (RFC 9112 §3, RFC 9110 §9.1). */
function unknownMethod({ rawPacket, bytesParsed = 0 }: ParseError): Omit<Refusal, "status"> | undefined {
  if (rawPacket === undefined) return undefined;
  const begin = rawPacket.subarray(0, bytesParsed).lastIndexOf("\n") + 1;
  const end = rawPacket.indexOf("\n", begin);
  const line = rawPacket.toString("latin1", begin, end === -1 ? undefined : end);
  const [, method, target] = requestLine.exec(line) ?? [];
  return method === undefined || target === undefined ? undefined : { method, target };
}

const requestLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^\s]+) HTTP\/1\.[01]\r?$/;
