/** A handler that sets an interim status as its final one gets a clear 500 instead. */
import type { ServerResponse } from "node:http";

type WriteHead = (status: number, ...rest: unknown[]) => ServerResponse;

/**
 * RFC 9110 §15.2: a 1xx never is a final response; clients would wait on for one.
 * @param answered called when the handler writes its head
 */
export function guardFinalStatus(
  response: ServerResponse,
  warn: (message: string) => void,
  answered: () => void,
): void {
  const before = response.writeHead as WriteHead;
  const guarded: WriteHead = function (this: ServerResponse, status, ...rest) {
    answered();
    if (status >= 200 || status < 100) return before.call(this, status, ...rest);
    warn(`${status} is the status of an interim response and cannot be final: sent as 500`);
    for (const name of this.getHeaderNames()) this.removeHeader(name);
    // What the handler writes as its content is about something else.
    Reflect.set(this, "_hasBody", false);
    return before.call(this, 500, "Interim Status As Final", { "Content-Length": "0" });
  };
  response.writeHead = guarded as ServerResponse["writeHead"];
}
