/** Why a login was refused, as far as the 401 tells: it is not always the password. */
import type { Send } from "../send/send.ts";
import { parseChallenges } from "./challenge.ts";
import { preferredDigest } from "./digest.ts";

/** Why a login was refused. */
export type LoginRefusal =
  /** The server takes none of the schemes that this client knows, or no Digest as it knows it; `wanted`: what it names. */
  | { readonly kind: "not-known"; readonly wanted: readonly string[] }
  /** There is no challenge in it (RFC 9110 §11.6.1). */
  | { readonly kind: "no-challenge" }
  /** The server takes the answer to its challenge for outdated, and says nothing of the password (RFC 7616 §3.3). */
  | { readonly kind: "stale" }
  /** The server has asked by Digest before, and asks by Basic now, without TLS: the password was not sent. */
  | { readonly kind: "downgrade" }
  /** The same login was accepted before. */
  | { readonly kind: "accepted-before" }
  | { readonly kind: "refused" };

/** Fields of 401s to a login that was accepted before. */
const acceptedBefore = new WeakSet<Headers>();

/** Fields of 401s that were not answered, since that would have told the password. */
const downgrades = new WeakSet<Headers>();

/** Notes in a 401's fields that a weaker scheme was offered than before, and was not used. */
export function noteDowngrade(headers: Headers): void {
  downgrades.add(headers);
}

/** Reads the fields of a 401, as they are in an HttpError. */
export function loginRefusal(headers: Headers): LoginRefusal {
  if (downgrades.has(headers)) return { kind: "downgrade" };
  const challenges = parseChallenges(headers.get("www-authenticate"));
  if (challenges.length === 0) return { kind: "no-challenge" };
  const digest = preferredDigest(challenges);
  const answerable = digest !== undefined || challenges.some(({ scheme }) => scheme === "basic");
  if (!answerable) {
    const wanted = challenges.map(({ scheme, parameters }) => {
      const details = ["algorithm", "qop"].flatMap((name) => parameters.get(name) ?? []);
      return scheme === "digest" ? ["Digest", ...details].join(" ") : scheme;
    });
    return { kind: "not-known", wanted };
  }
  if (digest?.stale === true) return { kind: "stale" };
  return { kind: acceptedBefore.has(headers) ? "accepted-before" : "refused" };
}

/** Notes which 401s come to a login that was accepted before: of the requests as they go out, with their credentials. */
export function notingLogins(send: Send, origin: string): Send {
  let accepted = false;
  return async (url, options = {}) => {
    const response = await send(url, options);
    if (url.origin !== origin || !new Headers(options.headers).has("authorization")) return response;
    if (response.ok) accepted = true;
    else if (response.status === 401 && accepted) acceptedBefore.add(response.headers);
    return response;
  };
}
