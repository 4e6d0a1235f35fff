/** Remarks in a Progress field: quoted-string, comment (RFC 9110 §5.6.4, §5.6.5) or ext-value (RFC 8187 §3.2). */

export interface Remark {
  readonly text: string;
  /** Where the field goes on. */
  readonly end: number;
}

/** Longest remark as written, in bytes. */
export const longestRemark = 200;

/** `"remark"`; an ext-value where it is not US-ASCII; "" where nothing is left of it. */
export function writeQuoted(remark: string): string {
  return write(remark, '"', '"', /["\\]/g);
}

/** `(remark)`; else as {@link writeQuoted}. */
export function writeComment(remark: string): string {
  return write(remark, "(", ")", /[()\\]/g);
}

/** Reads one remark in any of its forms; undefined where there is none, or none that is whole. */
export function readRemark(text: string, at: number): Remark | undefined {
  if (text[at] === '"') return readQuoted(text, at);
  if (text[at] === "(") return readComment(text, at);
  return readExtValue(text, at);
}

function write(remark: string, open: string, close: string, special: RegExp): string {
  // More than enough characters for the longest remark, so that a huge one costs nothing.
  const clean = plain(remark.slice(0, 2 * longestRemark)).trim();
  if (clean === "") return "";
  const cut = { open, close, encode: (character: string) => character.replace(special, "\\$&") };
  if (/^[\x20-\x7e]*$/.test(clean)) return fit(clean, cut);
  return fit(clean, { open: "UTF-8''", close: "", encode: extEncode });
}

/** As many whole characters as there is room for. */
function fit(text: string, form: { open: string; close: string; encode(character: string): string }): string {
  let written = form.open;
  for (const character of text) {
    const encoded = form.encode(character);
    if (written.length + encoded.length + form.close.length > longestRemark) break;
    written += encoded;
  }
  return written + form.close;
}

/** RFC 8187 §3.2.1: attr-char as it is, everything else as percent-encoded UTF-8. */
function extEncode(character: string): string {
  if (/^[A-Za-z0-9!#$&+.^_`|~-]$/.test(character)) return character;
  return encodeURIComponent(character).replace(
    /[*'()]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function readQuoted(text: string, at: number): Remark | undefined {
  let content = "";
  for (let i = at + 1; i < text.length; i += 1) {
    const character = text.charAt(i);
    if (character === '"') return { text: plain(content), end: i + 1 };
    if (character === "\\") i += 1;
    content += text.charAt(i);
  }
  return undefined;
}

function readComment(text: string, at: number): Remark | undefined {
  let content = "";
  let depth = 0;
  for (let i = at; i < text.length; i += 1) {
    const character = text.charAt(i);
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    if (depth === 0) return { text: plain(content), end: i + 1 };
    if (character === "\\") i += 1;
    if (i > at) content += text.charAt(i);
  }
  return undefined;
}

function readExtValue(text: string, at: number): Remark | undefined {
  const pattern = /UTF-8'[A-Za-z0-9-]{0,40}'((?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-Fa-f]{2})*)(?=[ \t]|$)/iy;
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  if (found === null) return undefined;
  try {
    return { text: plain(decodeURIComponent(found[1] ?? "")), end: pattern.lastIndex };
  } catch {
    // Percent-encoded bytes that are not UTF-8: no remark.
    return undefined;
  }
}

/** Without what could forge a field line here or move the cursor of a terminal there; half a character is none. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").replace(/\p{Cs}/gu, "\u{fffd}");
}
