/** Those who stay: event streams, and GETs that wait. There is room for so many. */
import type { Exchange } from "@meanwhile/interim";
import { problem, type StatusAnswer } from "../answer.ts";

export interface StatusLimits {
  /** Event streams and waiting GETs at once, in all; default 10,000. Beyond: 503. */
  readonly followers: number;
  /** The same for one principal (all anonymous ones count as one); default 5,000. Beyond: 429. */
  readonly followersPerPrincipal: number;
}

export const defaultStatusLimits: StatusLimits = { followers: 10_000, followersPerPrincipal: 5_000 };

export interface Followers {
  /** Takes one more, until its exchange is over. @returns the answer, where there is no room */
  enter(principal: string | undefined, exchange: Exchange): StatusAnswer | undefined;
}

/** Counts those who follow by event streams, and refuses more than the limits say. */
export function createFollowers(limits: Partial<StatusLimits> = {}): Followers {
  const { followers, followersPerPrincipal } = { ...defaultStatusLimits, ...limits };
  const retry = { "Retry-After": "10" };
  const perPrincipal = new Map<string | undefined, number>();
  let all = 0;
  return {
    enter(principal, { response, state }) {
      // Its end will not be told again.
      if (state === "closed") return undefined;
      if (all >= followers) return problem(503, "Too many clients follow operations.", retry);
      const own = perPrincipal.get(principal) ?? 0;
      if (own >= followersPerPrincipal) return problem(429, "You follow too many operations at once.", retry);
      all += 1;
      perPrincipal.set(principal, own + 1);
      response.once("close", () => {
        all -= 1;
        const left = (perPrincipal.get(principal) ?? 1) - 1;
        if (left === 0) perPrincipal.delete(principal);
        else perPrincipal.set(principal, left);
      });
      return undefined;
    },
  };
}
