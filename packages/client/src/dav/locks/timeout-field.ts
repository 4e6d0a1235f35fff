import { formatTimeout } from "@meanwhile/dav";

/** As the `Timeout` field wishes it; a wish for ever takes a long time as well (RFC 4918 §10.7). */
export function timeoutField(seconds: number): string {
  return seconds === Number.POSITIVE_INFINITY ? "Infinite, Second-4294967295" : formatTimeout(seconds);
}
