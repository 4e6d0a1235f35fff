/** Status codes with their reason phrases. */

/** The content of a `DAV:status`: an HTTP/1.1 status-line (RFC 4918 §14.28), such as `HTTP/1.1 200 OK`. */
export function statusLine(status: number): string {
  return lines.get(status) ?? `HTTP/1.1 ${status} ${reasonOfClass(status)}`;
}

function reasonOfClass(status: number): string {
  if (status < 300) return "OK";
  if (status < 400) return "Redirection";
  return status < 500 ? "Client Error" : "Server Error";
}

/** RFC 9110 §15, RFC 4918 §11, RFC 6585. */
const reasons: readonly (readonly [number, string])[] = [
  [102, "Processing"],
  [200, "OK"],
  [201, "Created"],
  [202, "Accepted"],
  [204, "No Content"],
  [207, "Multi-Status"],
  [208, "Already Reported"],
  [301, "Moved Permanently"],
  [302, "Found"],
  [303, "See Other"],
  [304, "Not Modified"],
  [307, "Temporary Redirect"],
  [308, "Permanent Redirect"],
  [400, "Bad Request"],
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [404, "Not Found"],
  [405, "Method Not Allowed"],
  [406, "Not Acceptable"],
  [408, "Request Timeout"],
  [409, "Conflict"],
  [410, "Gone"],
  [411, "Length Required"],
  [412, "Precondition Failed"],
  [413, "Content Too Large"],
  [414, "URI Too Long"],
  [415, "Unsupported Media Type"],
  [416, "Range Not Satisfiable"],
  [417, "Expectation Failed"],
  [421, "Misdirected Request"],
  [422, "Unprocessable Content"],
  [423, "Locked"],
  [424, "Failed Dependency"],
  [425, "Too Early"],
  [426, "Upgrade Required"],
  [428, "Precondition Required"],
  [429, "Too Many Requests"],
  [431, "Request Header Fields Too Large"],
  [500, "Internal Server Error"],
  [501, "Not Implemented"],
  [502, "Bad Gateway"],
  [503, "Service Unavailable"],
  [504, "Gateway Timeout"],
  [507, "Insufficient Storage"],
  [508, "Loop Detected"],
];

const lines: ReadonlyMap<number, string> = new Map(
  reasons.map(([status, reason]) => [status, `HTTP/1.1 ${status} ${reason}`]),
);
