/** `Prefer` (RFC 7240): what the client would like; never a reason to refuse. */

export interface Preferences {
  /** `processing` (draft-wright-http-progress): send 102 responses. */
  readonly processing: boolean;
  /** `respond-async` (RFC 7240 §4.1). */
  readonly respondAsync: boolean;
  /** `wait=N` (RFC 7240 §4.3), in seconds, at most 2^31 - 1. */
  readonly waitSeconds: number | undefined;
  /** `return=minimal` and `return=representation` (RFC 7240 §4.2). */
  readonly return: "minimal" | "representation" | undefined;
  /** `depth-noroot` (RFC 8144 §3). */
  readonly depthNoroot: boolean;
  /** `handling=strict` and `handling=lenient` (RFC 7240 §4.4). */
  readonly handling: "strict" | "lenient" | undefined;
}

/** Longest field that is read, in characters, all lines together; a longer one counts as none. */
const longestField = 8192;

/** The most preferences that are read. */
const mostPreferences = 64;

const longestWaitSeconds = 2 ** 31 - 1;

/**
 * Parses one or several Prefer fields. RFC 7240 §2: "If any preference is specified more than once, only the first
 * instance is to be considered"; parameters are read over; an empty value is no value; malformed members, unknown
 * preferences and unknown values are ignored.
 */
export function parsePrefer(value: string | readonly string[] | undefined): Preferences {
  if (value === undefined) return none;
  const named = readPreferences(typeof value === "string" ? value : value.join(","));
  return {
    processing: named.get("processing") === "",
    respondAsync: named.get("respond-async") === "",
    waitSeconds: readSeconds(named.get("wait")),
    return: oneOf(named.get("return"), "minimal", "representation"),
    depthNoroot: named.get("depth-noroot") === "",
    handling: oneOf(named.get("handling"), "strict", "lenient"),
  };
}

const none: Preferences = parsePrefer("");

/** Names in lower case with their values; the first of each. */
function readPreferences(field: string): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  if (field.length > longestField) return named;
  for (const member of splitOutsideQuotes(field, ",").slice(0, mostPreferences)) {
    const parts = splitOutsideQuotes(member, ";").map(readPair);
    // RFC 7240 §2: preference = token [ BWS "=" BWS word ] *( OWS ";" [ OWS parameter ] )
    const [preference, ...parameters] = parts;
    if (preference === undefined || preference === "empty" || preference === "malformed") continue;
    if (parameters.includes("malformed") || named.has(preference.name)) continue;
    named.set(preference.name, preference.value);
  }
  return named;
}

type Pair = { readonly name: string; readonly value: string } | "empty" | "malformed";

function readPair(text: string): Pair {
  const trimmed = text.trim();
  if (trimmed === "") return "empty";
  const equals = trimmed.indexOf("=");
  const name = (equals === -1 ? trimmed : trimmed.slice(0, equals)).trimEnd();
  if (!token.test(name)) return "malformed";
  const value = equals === -1 ? "" : readWord(trimmed.slice(equals + 1).trimStart());
  return value === undefined ? "malformed" : { name: name.toLowerCase(), value };
}

function readWord(text: string): string | undefined {
  if (text === "" || token.test(text)) return text;
  if (!quoted.test(text)) return undefined;
  return text.slice(1, -1).replace(/\\(.)/g, "$1");
}

function splitOutsideQuotes(text: string, separator: "," | ";"): string[] {
  const parts: string[] = [];
  let from = 0;
  let inQuotes = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') inQuotes = !inQuotes;
    else if (character === "\\" && inQuotes) at += 1;
    else if (character === separator && !inQuotes) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

function readSeconds(value: string | undefined): number | undefined {
  if (value === undefined || !/^\d+$/.test(value)) return undefined;
  return Math.min(Number(value), longestWaitSeconds);
}

function oneOf<T extends string>(value: string | undefined, ...known: readonly T[]): T | undefined {
  return known.find((one) => one === value);
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** RFC 9110 §5.6.4. */
const quoted = /^"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"$/;
