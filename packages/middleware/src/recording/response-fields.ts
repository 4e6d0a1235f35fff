/** Fields of a response that was written for one connection, as they go over another, or are kept. */
import type { Outcome } from "@meanwhile/operations";
import type { FieldLine } from "./response-reader.ts";

/** Of one connection (RFC 9110 §7.6.1, RFC 7540 §3.2.1). */
const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/** Of the moment; and what is made anew from the content. */
const ofTheMoment: ReadonlySet<string> = new Set(["content-length", "date", "trailer"]);

/** What lets whoever has it act as the client. */
const secretNames: ReadonlySet<string> = new Set([
  "authentication-info",
  "authorization",
  "proxy-authentication-info",
  "set-cookie",
]);

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

/**
 * Whether a response is to be kept no longer than until it was delivered: it gives rights to its client, has a field that
 * its service calls secret, or is not to be stored (RFC 9111 §5.2.2.5).
 *
 * @param named in lower case
 */
export function isSecret(lines: readonly FieldLine[], named: ReadonlySet<string>): boolean {
  return lines.some(([name, value]) => {
    const lower = name.toLowerCase();
    if (lower === "cache-control") return /(?:^|[\s,])no-store(?:$|[\s,;=])/i.test(value);
    return secretNames.has(lower) || named.has(lower);
  });
}

/** What is kept: without Date, and what belongs to one connection. */
export function keptFields(lines: readonly FieldLine[]): Outcome["fields"] {
  const kept: Record<string, string | readonly string[]> = {};
  for (const [lower, [name, values]] of passedFields(lines)) {
    if (ofTheMoment.has(lower)) continue;
    kept[name] = values.length === 1 ? (values[0] ?? "") : values;
  }
  return kept;
}

/** Says something of the bytes of coded content that is not true of the content itself: it goes with the coding. */
export function describesCoding(name: string, value: string | readonly string[]): boolean {
  const lower = name.toLowerCase();
  if (lower === "etag") return !String(value).startsWith("W/");
  return codedNames.has(lower);
}

const codedNames: ReadonlySet<string> = new Set([
  "accept-ranges",
  "content-digest",
  "content-encoding",
  "content-md5",
  "digest",
  "repr-digest",
  "signature",
  "signature-input",
]);

/** Whether the response wants its connection closed. */
export function asksToClose(lines: readonly FieldLine[]): boolean {
  return lines.some(([name, value]) => name.toLowerCase() === "connection" && /\bclose\b/i.test(value));
}
