/**
 * A reference that a server gave, where it may be followed with the credentials that were meant for that server.
 *
 * A server behind a proxy that ends TLS may not know that it is asked by https: a reference to the same host by http is
 * taken as one by https.
 *
 * @returns undefined where it leads to another origin (RFC 6454 §4), or is no URL
 */
export function ownReference(reference: string | null | undefined, base: URL): URL | undefined {
  if (reference === null || reference === undefined || reference.trim() === "") return undefined;
  if (!URL.canParse(reference, base.href)) return undefined;
  const url = new URL(reference, base.href);
  if (url.protocol === "http:" && base.protocol === "https:" && url.host === base.host)
    url.protocol = "https:";
  if (url.origin !== base.origin || url.username !== "" || url.password !== "") return undefined;
  url.hash = "";
  return url;
}

/** The status document that a final response links to: `Link: <...>; rel="status"` (RFC 8288 §3, RFC 8631 §2). */
export function statusLink(headers: Headers, base: URL): URL | undefined {
  const field = (headers.get("link") ?? "").slice(0, longestLink);
  for (const [, target, parameters = ""] of field.matchAll(link)) {
    const [, quoted, token] = relation.exec(parameters) ?? [];
    const relations = (quoted ?? token ?? "").toLowerCase().split(/\s+/);
    if (relations.includes("status")) return ownReference(target, base);
  }
  return undefined;
}

/** Longest Link field that is read, in characters. */
const longestLink = 16_384;

/** A target, and its parameters up to a comma that stands outside of quotes. */
const link = /<([^<>]*)>((?:[^",<]|"(?:[^"\\]|\\.)*")*)/g;

/** RFC 8288 §3.3: "The rel parameter MUST NOT appear more than once; occurrences after the first MUST be ignored." */
const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i;
