/** The recorded final response of an operation, as the response to a GET. */
import type { JournalEntry, Operation, Outcome } from "@meanwhile/operations";
import { missingContent } from "../answers/missing-content.ts";
import { problem, type StatusAnswer, statusFields } from "./answer.ts";

/** Seconds after which to look again at what has not ended. */
const retryAfterSeconds = 5;

/**
 * The outcome, status and fields included: a 207 here is the operation's 207. `Link: rel="status"` tells that it is
 * one; an answer without it is about this request, not about the operation. 410 (RFC 9110 §15.5.11) where it is not kept
 * whole: it must not look like the success that it records.
 *
 * While the operation runs there is no such resource yet: 404. A 202 would be taken for the operation's own, and
 * says what is not true of a GET (RFC 9110 §15.3.3: "accepted for processing").
 */
export function outcomeAnswer(operation: Operation | JournalEntry, href: string): StatusAnswer {
  const { outcome } = operation;
  if (!outcome) {
    return problem(404, "The operation has no outcome yet.", { "Retry-After": String(retryAfterSeconds) });
  }
  const missing = missingContent(outcome, href);
  if (missing) return problem(410, missing.title, {}, missing.more);
  const kept = keptFields(outcome.fields, operation.target);
  const status = `<${href}>; rel="status"`;
  const link = take(kept, "link");
  const vary = take(kept, "vary").join(", ");
  const harmless = harmlessFields(take(kept, "content-disposition"), kept.get("content-type")?.[1]);
  const fields = {
    ...Object.fromEntries(kept.values()),
    ...statusFields,
    ...harmless,
    ...(vary === "" ? {} : { Vary: `${vary}, ${statusFields["Vary"]}` }),
    Link: link.length === 0 ? status : [...link, status],
  };
  return { status: outcome.status, fields, content: outcome.content };
}

type Field = readonly [name: string, value: string | readonly string[]];

/**
 * What was written for a request may be no page: the owner element of a LOCK, text that a handler repeats. Here it has a
 * URL of this origin, so nothing in it runs with the rights of its reader, and all that browsers might run is a download.
 */
function harmlessFields(
  disposition: readonly string[],
  type: string | readonly string[] = "",
): StatusAnswer["fields"] {
  const isPassive = typeof type === "string" && passive.test(type);
  const [told, ...others] = disposition;
  const isDownload = others.length === 0 && /^\s*attachment\s*(;|$)/i.test(told ?? "");
  const shown = isPassive || isDownload ? told : "attachment";
  return {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    ...(shown === undefined ? {} : { "Content-Disposition": shown }),
  };
}

/** Types that no browser runs script of, or hands to a program. All else may be active, also what has no type. */
const passive =
  /^\s*(?:application\/(?:[\w.-]+\+)?json|text\/(?:plain|csv)|image\/(?:png|jpeg|gif|webp|avif)|(?:audio|video)\/[\w.-]+)\s*(?:;|$)/i;

/** Of one connection (RFC 9110 §7.6.1), of one client, or of the moment: none of that is part of what is kept. */
const passing: ReadonlySet<string> = new Set([
  "clear-site-data",
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-connection",
  "refresh",
  "service-worker-allowed",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** RFC 9110 §10.2.2, §8.7: both are relative to the URL that the operation's request named. */
const references: ReadonlySet<string> = new Set(["location", "content-location"]);

function keptFields(fields: Outcome["fields"], target: string): Map<string, Field> {
  const kept = new Map<string, Field>();
  for (const [name, value] of Object.entries(fields)) {
    const lower = name.toLowerCase();
    if (passing.has(lower)) continue;
    kept.set(lower, [name, references.has(lower) ? absolute(String(value), target) : value]);
  }
  // Ours say more.
  for (const name of Object.keys(statusFields)) if (name !== "Vary") kept.delete(name.toLowerCase());
  kept.delete("content-security-policy");
  return kept;
}

function absolute(reference: string, target: string): string {
  return URL.canParse(reference, target) ? new URL(reference, target).href : reference;
}

function take(fields: Map<string, Field>, name: string): readonly string[] {
  const [, value = []] = fields.get(name) ?? [];
  fields.delete(name);
  return typeof value === "string" ? [value] : value;
}
