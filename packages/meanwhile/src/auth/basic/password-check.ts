/** Whether a password is right, without telling by the time it takes whether the user exists. */

import type { Standing } from "../throttle.ts";
import type { VerifyBcrypt } from "./bcrypt-threads.ts";
import type { Htpasswd } from "./htpasswd.ts";

export type PasswordCheck = (
  users: Htpasswd,
  user: string,
  password: string,
  standing: Standing,
) => Promise<
  { readonly kind: "right"; readonly user: string } | { readonly kind: "wrong" } | { readonly kind: "busy" }
>;

/** Checks that run at once: each takes a processor for tens of milliseconds, or longer. */
const mostAtOnce = 2;
/** Checks that wait for those; the last in line are sent away. */
export const mostWaitingChecks = 100;
/** How long a check waits before its client is sent away; in milliseconds. */
export const longestWaitMs = 5_000;

interface Waiting {
  readonly standing: Standing;
  go(): void;
  sendAway(): void;
}

/** Calls back after some milliseconds. @returns takes the call off again */
type After = (ms: number, callback: () => void) => () => void;

/**
 * Checks passwords, two at once. Of those that wait, the next is one whose address had the fewest attempts that were not
 * right, then one whose user had, then the oldest: a flood of guesses, from however many addresses, waits for itself, and
 * one from an address without failures goes first. Whether the user exists plays no part.
 *
 * "busy" is the answer where a check would wait too long, or too many wait with a better standing.
 */
export function createPasswordCheck({
  verify,
  after = timeoutAfter,
}: {
  readonly verify: VerifyBcrypt;
  /** Default: Node's timers. */
  readonly after?: After;
}): PasswordCheck {
  /** In the order in which they will be checked. */
  const waiting: Waiting[] = [];
  let running = 0;

  function turn(standing: Standing): Promise<boolean> {
    if (running < mostAtOnce) {
      running += 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const leave = (hasTurn: boolean): void => {
        stop();
        resolve(hasTurn);
      };
      const entry: Waiting = { standing, go: () => leave(true), sendAway: () => leave(false) };
      const stop = after(longestWaitMs, () => {
        waiting.splice(waiting.indexOf(entry), 1);
        resolve(false);
      });
      const behind = waiting.findIndex((other) => isBetter(standing, other.standing));
      waiting.splice(behind === -1 ? waiting.length : behind, 0, entry);
      if (waiting.length > mostWaitingChecks) waiting.pop()?.sendAway();
    });
  }

  return async (users, user, password, standing) => {
    if (!(await turn(standing))) return { kind: "busy" };
    try {
      const listed = listedName(users, user);
      const hash = (listed === undefined ? undefined : users.get(listed)) ?? hashOfNobody(users);
      const right = await verify(password, hash);
      return right && listed !== undefined ? { kind: "right", user: listed } : { kind: "wrong" };
    } finally {
      // Whoever ends hands over its place.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next.go();
    }
  };
}

function isBetter(one: Standing, other: Standing): boolean {
  return one.ofAddress === other.ofAddress ? one.ofUser < other.ofUser : one.ofAddress < other.ofAddress;
}

const timeoutAfter: After = (ms, callback) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};

/** Windows puts a domain before the name that its user typed: `DOMAIN\ann`. */
function listedName(users: Htpasswd, user: string): string | undefined {
  if (users.has(user)) return user;
  const local = user.slice(user.lastIndexOf("\\") + 1);
  return users.has(local) ? local : undefined;
}

/**
 * A hash that costs as much as the first user's, and that no password has: zeros, since bits that belong to no byte must
 * be zero for it to be calculated at all.
 */
function hashOfNobody(users: Htpasswd): string {
  const [first = "$2b$10$"] = users.values();
  return `${first.slice(0, 7)}${".".repeat(53)}`;
}
