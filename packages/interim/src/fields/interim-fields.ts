/** The field section of an interim response: checked by us, for Node does not check it on every version. */
import { STATUS_CODES } from "node:http";
import { misuse } from "../exchange/misuse.ts";

/** Field names and values. A list becomes one field line an item, on every Node version and both protocols. */
export type InterimFields = Readonly<Record<string, string | readonly string[]>>;

/** Field lines in order, names in lower case for HTTP/2, as they came for HTTP/1.1. */
export type FieldLine = readonly [name: string, value: string];

/**
 * The largest interim response that is written, in bytes as HTTP/1.1. Apache's proxy was measured to fail at
 * 9 KiB; what suits a client or proxy is mostly less, see the profiles.
 */
export const largestInterimBytes: number = 8 * 1024;

/** The bytes that an interim response takes as HTTP/1.1; HTTP/2 packs it smaller. */
export function interimBytes(status: number, fields: InterimFields): number {
  let bytes = statusLine(status).length + 4;
  for (const [name, value] of toLines(fields)) bytes += name.length + value.length + 4;
  return bytes;
}

/** `HTTP/1.1 102 Processing`, without the line end. */
export function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "unknown"}`;
}

/**
 * Checks what is to be sent and lays it out line by line.
 *
 * @throws {TypeError} `ERR_INTERIM_STATUS` unless the status is 100 to 199 and not 101; `ERR_INTERIM_FIELD_NAME`,
 *   `ERR_INTERIM_FIELD_VALUE` for what would break or forge the framing; `ERR_INTERIM_FIELD_FORBIDDEN` for fields
 *   that no interim response may carry; `ERR_INTERIM_TOO_LARGE` beyond {@link largestInterimBytes}
 */
export function checkInterim(status: number, fields: InterimFields): readonly FieldLine[] {
  checkInterimStatus(status);
  const lines = toLines(fields);
  const seen = new Set<string>();
  let bytes = statusLine(status).length + 4;
  for (const [name, value] of lines) {
    checkName(name);
    checkValue(name, value);
    const lowerCase = name.toLowerCase();
    if (seen.has(lowerCase) && singleFields.has(lowerCase)) {
      throw misuse("ERR_INTERIM_FIELD_VALUE", `the field ${name} has one value only`);
    }
    seen.add(lowerCase);
    bytes += name.length + value.length + 4;
  }
  if (bytes > largestInterimBytes) {
    throw misuse(
      "ERR_INTERIM_TOO_LARGE",
      `an interim response of ${bytes} bytes: ${largestInterimBytes} are the most`,
    );
  }
  return lines;
}

function toLines(fields: InterimFields): FieldLine[] {
  const lines: FieldLine[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === "string") lines.push([name, value]);
    else if (Array.isArray(value)) for (const item of value) lines.push([name, item]);
    else throw misuse("ERR_INTERIM_FIELD_VALUE", `the value of the field ${JSON.stringify(name)} is no text`);
  }
  return lines;
}

function checkInterimStatus(status: number): void {
  // 101 changes the protocol (RFC 9110 §15.2.2) and does not exist in HTTP/2 (RFC 9113 §8.6).
  if (Number.isInteger(status) && status >= 100 && status <= 199 && status !== 101) return;
  throw misuse("ERR_INTERIM_STATUS", "the status of an interim response is 100 to 199, and not 101");
}

function checkName(name: string): void {
  if (!token.test(name)) {
    throw misuse(
      "ERR_INTERIM_FIELD_NAME",
      `${JSON.stringify(name.slice(0, 60))} is no field name (RFC 9110 §5.1)`,
    );
  }
  if (forbiddenFields.has(name.toLowerCase())) {
    throw misuse("ERR_INTERIM_FIELD_FORBIDDEN", `the field ${name} does not belong in an interim response`);
  }
}

function checkValue(name: string, value: string): void {
  if (typeof value !== "string" || !fieldValue.test(value)) {
    throw misuse(
      "ERR_INTERIM_FIELD_VALUE",
      `the value of the field ${name} is not made of RFC 9110 §5.5 characters`,
    );
  }
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** RFC 9110 §5.5 field-value: visible characters and obs-text; spaces and tabs only between them. */
const fieldValue = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

const forbiddenFields: ReadonlySet<string> = new Set([
  // RFC 9110 §8.6: "A server MUST NOT send a Content-Length header field in any response with a status code of
  // 1xx (Informational) or 204 (No Content)."
  "content-length",
  // RFC 9112 §6.1: "A server MUST NOT send a Transfer-Encoding header field in any response with a status code of
  // 1xx (Informational) or 204 (No Content)."
  "transfer-encoding",
  // RFC 9113 §8.2.2: connection-specific fields make a message malformed.
  "connection",
  "keep-alive",
  "proxy-connection",
  "upgrade",
  "te",
  "http2-settings",
  // RFC 9110 §15.2: an interim response cannot contain content or trailers.
  "trailer",
]);

/** Fields of which Node's HTTP/2 takes one line only: refused on both protocols alike. */
const singleFields: ReadonlySet<string> = new Set([
  "age",
  "content-encoding",
  "content-language",
  "content-location",
  "content-md5",
  "content-range",
  "content-type",
  "date",
  "etag",
  "expires",
  "last-modified",
  "location",
  "progress",
  "retry-after",
]);
