/** What a 401 means to the one who called the command. */
import { type HttpError, loginRefusal } from "@meanwhile/client";
import { summary } from "../../display/printable.ts";
import type { FailureContext } from "./explanation.ts";

/** In the words of a final response that failed. */
export function explainLogin(
  { headers }: HttpError,
  { username, byToken }: Pick<FailureContext, "username" | "byToken">,
): { readonly what: string; readonly advice: string } {
  const refusal = loginRefusal(headers);
  const wait = headers.get("Retry-After");
  const who = byToken === true ? "the token" : `the login of ${summary(username ?? "")}`;
  if (wait !== null && username !== undefined)
    return {
      what: `${who} is not looked at now`,
      advice: `it asks to come back: Retry-After: ${summary(wait, 40)}`,
    };
  if (refusal.kind === "not-known") {
    const wanted = summary(refusal.wanted.join(", "), 200);
    const bearer = refusal.wanted.includes("bearer");
    if (!(bearer && byToken === true))
      return {
        what: `the server wants a login by ${wanted}`,
        advice: bearer
          ? "give it a token: --token-file FILE"
          : "this command logs in by Basic, Digest (MD5, SHA-256, SHA-512-256; qop auth) or a Bearer token",
      };
  }
  if (byToken === true)
    return {
      what: "the token was refused",
      advice: "perhaps its time is over, or it is for another server",
    };
  // A name and a password go out only where they are asked for.
  if (username === undefined && refusal.kind === "no-challenge")
    return {
      what: "refused (401), and the server does not say how to log in",
      advice: "perhaps with a token: --token-file FILE",
    };
  if (username === undefined)
    return { what: "a login is needed", advice: "log in with --user NAME, ~/.netrc or --token-file FILE" };
  switch (refusal.kind) {
    case "no-challenge":
      return { what: `${who} was refused or not asked for`, advice: "the server does not say how to log in" };
    case "stale":
      return {
        what: "the server takes each answer to its challenge for outdated (stale nonce)",
        advice: "name and password may be right; try again, or ask who runs the server",
      };
    case "downgrade":
      return {
        what: "the server asked by Digest before, and asks for the password itself now (Basic), without TLS",
        advice: "it was not sent: another may be listening; use https",
      };
    case "accepted-before":
      return {
        what: `${who} was accepted before, and is refused now`,
        advice: "the server may limit how much is asked, or the right is missing there; wait, and try again",
      };
    default:
      return { what: `${who} was refused`, advice: "check name and password" };
  }
}
