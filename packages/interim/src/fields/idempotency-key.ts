/** `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07). */

declare const brand: unique symbol;

/** What a client calls one try and all its repetitions: 1 to 255 visible characters, without the quotes. */
export type IdempotencyKey = string & { readonly [brand]: "IdempotencyKey" };

/** The longest key, in characters. */
const longestKey = 255;

/**
 * Parses the field: a structured field string (RFC 9651 §3.3.3), `"8e03978e-40d5-43dd-bc93-6894a57f9324"`, or the
 * bare key, as many clients send it. Both forms of a key are the same key.
 *
 * @returns undefined where there is no field
 * @throws {RangeError} with the code `ERR_IDEMPOTENCY_KEY` where it is empty, longer than 255 characters, or neither
 *   form; two fields, joined by a comma, are neither
 */
export function parseIdempotencyKey(value: string | undefined): IdempotencyKey | undefined {
  if (value === undefined) return undefined;
  // Quotes and a backslash before each character at most double it.
  if (value.length > 2 * longestKey + 2) throw malformed(`a key has ${longestKey} characters at most`);
  const text = value.replace(/^[ \t]+/, "").trimEnd();
  const key = text.startsWith('"') ? unquote(text) : bare(text);
  if (key.length === 0) throw malformed("the key is empty");
  if (key.length > longestKey) throw malformed(`a key has ${longestKey} characters at most`);
  return key as IdempotencyKey;
}

function unquote(text: string): string {
  if (!/^"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"$/.test(text))
    throw malformed("the key is no quoted string");
  return text.slice(1, -1).replace(/\\(["\\])/g, "$1");
}

function bare(text: string): string {
  // Neither a comma (two keys), nor a semicolon (parameters), nor what needs quotes.
  if (!/^[!#-+\--:<-[\]-~]*$/.test(text)) throw malformed("the key has characters that need quotes");
  return text;
}

function malformed(reason: string): RangeError {
  return Object.assign(new RangeError(`Idempotency-Key: ${reason}`), { code: "ERR_IDEMPOTENCY_KEY" });
}
