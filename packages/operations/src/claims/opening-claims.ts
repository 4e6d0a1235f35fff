import type { Claims } from "./claims.ts";

/** Claims that are known once `opening` has resolved; until then each request for some waits. */
export function openingClaims(opening: Promise<Claims>): Claims {
  let claims: Claims | undefined;
  const opened = opening.then((known) => {
    claims = known;
    return known;
  });
  // Each call rejects with it.
  opened.catch(() => undefined);
  return {
    get held() {
      return claims?.held ?? 0;
    },
    acquire: (...asked) =>
      claims ? claims.acquire(...asked) : opened.then((known) => known.acquire(...asked)),
  };
}
