/** When the complete request was received: its content to the end. */
import type { IncomingMessage } from "node:http";

/** Whether the header section says that content follows (RFC 9112 §6.3: a length or a coding declares it). */
export function declaresContent(request: IncomingMessage): boolean {
  const length = request.headers["content-length"];
  if (request.headers["transfer-encoding"] !== undefined) return true;
  return length !== undefined && !/^0+$/.test(length);
}

/** Calls the listener at once if `isComplete`, or when the content was read to its end; never when it is broken off. */
export function onceComplete(
  request: { once(event: "end", listener: () => void): unknown },
  isComplete: () => boolean,
  listener: () => void,
): void {
  if (isComplete()) listener();
  else
    request.once("end", () => {
      if (isComplete()) listener();
    });
}
