/** Fields of a response that was written for one connection, as they go over another, or are kept. */
import type { Outcome } from "@meanwhile/operations";
import type { FieldLine } from "./response-reader.ts";

/** Of one connection (RFC 9110 §7.6.1). */
const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** Of one client, or of the moment; and what is made anew from the content. */
const ofTheMoment: ReadonlySet<string> = new Set(["content-length", "date", "set-cookie", "te", "trailer"]);

/** What is passed on: several lines of one name as a list, under the name's first spelling. */
export function passedFields(lines: readonly FieldLine[]): Map<string, [name: string, values: string[]]> {
  const passed = new Map<string, [string, string[]]>();
  for (const [name, value] of lines) {
    const lower = name.toLowerCase();
    if (hopByHop.has(lower)) continue;
    const known = passed.get(lower);
    if (known) known[1].push(value);
    else passed.set(lower, [name, [value]]);
  }
  return passed;
}

/** What is kept: without Date, Set-Cookie, and what belongs to one connection. */
export function keptFields(lines: readonly FieldLine[]): Outcome["fields"] {
  const kept: Record<string, string | readonly string[]> = {};
  for (const [lower, [name, values]] of passedFields(lines)) {
    if (ofTheMoment.has(lower)) continue;
    kept[name] = values.length === 1 ? (values[0] ?? "") : values;
  }
  return kept;
}

/** Whether the response wants its connection closed. */
export function asksToClose(lines: readonly FieldLine[]): boolean {
  return lines.some(([name, value]) => name.toLowerCase() === "connection" && /\bclose\b/i.test(value));
}
