/** How many interim responses an exchange may get, and how large: what was measured, applied to one request. */
import type { Protocol } from "../exchange/protocol.ts";
import { type ClientProfile, clientProfiles } from "./client-profiles.ts";
import { type Front, frontProfiles } from "./front-profiles.ts";

export type { Protocol } from "../exchange/protocol.ts";
export { type ClientProfile, clientProfiles } from "./client-profiles.ts";
export { type Front, type FrontProfile, frontProfiles, fronts } from "./front-profiles.ts";

/**
 * Who gets interim responses without asking for them. "measured": clients that were measured to bear them; "asked":
 * nobody; "standard": every client of HTTP/1.1 and later, as RFC 9110 §15.2 allows. Who asks by `Prefer: processing` gets
 * them in every mode, so far as the declared front bears it.
 */
export type InterimMode = "measured" | "asked" | "standard";

/** How many interim responses an exchange may get. */
export interface Allowance {
  /** The number of interim responses of one request: 0: none; Infinity: no end. */
  readonly budget: number;
  /** The bytes of one interim response. */
  readonly bytes: number;
  /** The bytes of all interim responses of one request. */
  readonly totalBytes: number;
  /** Why: the profile's name, for logs and metrics. */
  readonly profile: string;
}

/** What a request tells of its client. */
export interface ClientFacts {
  readonly protocol: Protocol;
  readonly userAgent: string | undefined;
  /** Whether the client sent `Prefer: processing`. */
  readonly asked: boolean;
  /** Whether the request shows a hop in between, see {@link showsHop}. */
  readonly hopSeen: boolean;
  /** Whether the connection came in on a loopback address. */
  readonly loopback: boolean;
}

/** What the operator says of interim responses. */
export interface InterimPolicy {
  readonly mode: InterimMode;
  /** The proxy that the operator declared; "none": declared that there is none; undefined: nothing declared. */
  readonly front: Front | undefined;
}

/** One interim response stays below this everywhere, in bytes: neon takes lines shorter than 4 KiB. */
export const interimBytesEverywhere: number = 3584;

/**
 * What somebody unknown gets who asks, and whoever asks through an undeclared hop: as many as the least of what
 * was measured to relay them at all.
 */
export const askedAllowance: Allowance = {
  budget: 5,
  bytes: interimBytesEverywhere,
  totalBytes: 5 * interimBytesEverywhere,
  profile: "asked",
};

/** Longest User-Agent that is looked at, in characters; a longer one is unknown. */
const longestUserAgent = 512;

/** Whether the name is one of a front (a reverse proxy) whose tolerance was measured. */
export function isFront(name: string): name is Front {
  return Object.hasOwn(frontProfiles, name);
}

/**
 * What one request is allowed. Pure.
 *
 * HTTP/1.0 gets nothing, ever. A declared front caps everybody, asked or not. Who asks gets what the client is known
 * to bear, else {@link askedAllowance}. Who does not ask gets, in mode "measured", what the client is known to bear, and
 * nothing where the client is unknown or nameless, where a hop shows that was not declared, or on a loopback address
 * without a declared front: a proxy there can be invisible. Several profiles that match: the strictest counts.
 */
export function allowanceFor(facts: ClientFacts, policy: InterimPolicy): Allowance {
  // RFC 9110 §15.2: "a server MUST NOT send a 1xx response to an HTTP/1.0 client."
  if (facts.protocol === "HTTP/1.0") return none("HTTP/1.0");
  const granted = grant(facts, policy);
  const capped = policy.front === undefined ? granted : least(granted, frontAllowance(policy.front));
  return least(capped, { ...unlimited, bytes: interimBytesEverywhere, profile: capped.profile });
}

/**
 * Whether a request's fields show a hop in between: Via, Forwarded, X-Forwarded-*, X-Real-IP, and CDN-Loop (RFC 8586).
 * Field names in lower case, as Node has them.
 */
export function showsHop(headers: Readonly<Record<string, unknown>>): boolean {
  for (const name in headers) {
    if (headers[name] === undefined) continue;
    if (hopFields.has(name) || name.startsWith("x-forwarded-")) return true;
  }
  return false;
}

const hopFields: ReadonlySet<string> = new Set(["via", "forwarded", "x-real-ip", "cdn-loop"]);

const unlimited: Allowance = {
  budget: Number.POSITIVE_INFINITY,
  bytes: Number.POSITIVE_INFINITY,
  totalBytes: Number.POSITIVE_INFINITY,
  profile: "standard",
};

function none(profile: string): Allowance {
  return { budget: 0, bytes: 0, totalBytes: 0, profile };
}

function grant(facts: ClientFacts, policy: InterimPolicy): Allowance {
  const undeclaredHop = facts.hopSeen && (policy.front === undefined || policy.front === "none");
  const behindHop = undeclaredHop || (policy.front !== undefined && policy.front !== "none");
  const known = clientAllowance(facts, behindHop);
  const bearsSome = known !== undefined && known.budget > 0;
  if (facts.asked) {
    const asked = bearsSome
      ? known
      : { ...askedAllowance, profile: `${askedAllowance.profile}: ${nameOf(known, facts)}` };
    return undeclaredHop ? least(asked, askedAllowance) : asked;
  }
  if (policy.mode === "asked") return none("not asked");
  if (policy.mode === "standard") return bearsSome ? known : unlimited;
  if (undeclaredHop) return none("undeclared hop");
  if (facts.loopback && policy.front === undefined) return none("loopback");
  return known ?? none(nameOf(known, facts));
}

function nameOf(known: Allowance | undefined, facts: ClientFacts): string {
  return known?.profile ?? (facts.userAgent ? "unknown" : "nameless");
}

/** What the client is known to bear, or known not to; undefined: nothing is known. */
function clientAllowance(facts: ClientFacts, behindHop: boolean): Allowance | undefined {
  const { userAgent, protocol } = facts;
  if (userAgent === undefined || userAgent.length > longestUserAgent) return undefined;
  const key = `${behindHop ? "behind a hop" : protocol} ${userAgent}`;
  if (allowances.has(key)) return allowances.get(key);
  const known = measuredAllowance(userAgent, protocol, behindHop);
  // The names are the clients' to choose.
  if (allowances.size >= mostAllowances) allowances.clear();
  allowances.set(key, known);
  return known;
}

/** What was found for the user agents that came last, each of which is tested against all patterns once. */
const allowances = new Map<string, Allowance | undefined>();
const mostAllowances = 256;

function measuredAllowance(userAgent: string, protocol: Protocol, behindHop: boolean): Allowance | undefined {
  let known: Allowance | undefined;
  for (const profile of clientProfiles) {
    if (!profile.pattern.test(userAgent)) continue;
    const allowance = {
      // Behind a hop the protocol is the hop's, not the client's.
      budget: behindHop ? budgetOverAny(profile) : (profile.budgets[protocol] ?? 0),
      bytes: profile.bytes,
      totalBytes: profile.totalBytes,
      profile: profile.name,
    };
    known = known === undefined ? allowance : least(known, allowance);
  }
  return known;
}

function budgetOverAny(profile: ClientProfile): number {
  return Math.min(...Object.values(profile.budgets));
}

function frontAllowance(front: Front): Allowance {
  const { budget, bytes, totalBytes } = frontProfiles[front];
  return { budget, bytes, totalBytes, profile: `front ${front}` };
}

/** The strictest of both in everything, under the name of the one with the smaller budget. */
function least(a: Allowance, b: Allowance): Allowance {
  return {
    budget: Math.min(a.budget, b.budget),
    bytes: Math.min(a.bytes, b.bytes),
    totalBytes: Math.min(a.totalBytes, b.totalBytes),
    profile: b.budget < a.budget ? b.profile : a.profile,
  };
}
