/** Credentials that were right a short while ago, so that a password is checked once a client and not once a request. */
export interface VerifiedCredentials {
  /** `digest` stands for the credentials, and must not give them away. */
  add(digest: string, principal: string): void;
  principalOf(digest: string): string | undefined;
  /** Whether they were right once, be it longer ago. */
  knew(digest: string): boolean;
}

export const verifiedForMs: number = 5 * 60 * 1000;

/**
 * @param clock milliseconds, never going backwards
 * @param capacity how many are remembered; the oldest are forgotten
 */
export function createVerifiedCredentials(clock: () => number, capacity: number = 1000): VerifiedCredentials {
  const entries = new Map<string, { readonly principal: string; readonly untilMs: number }>();
  return {
    add(digest, principal) {
      entries.delete(digest);
      entries.set(digest, { principal, untilMs: clock() + verifiedForMs });
      for (const oldest of entries.keys()) {
        if (entries.size <= capacity) break;
        entries.delete(oldest);
      }
    },
    principalOf(digest) {
      const entry = entries.get(digest);
      return entry !== undefined && clock() < entry.untilMs ? entry.principal : undefined;
    },
    knew: (digest) => entries.has(digest),
  };
}
