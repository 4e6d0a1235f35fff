/** Whether a password is right, without telling by the time it takes whether the user exists. */
import { verify } from "@node-rs/bcrypt";
import type { Htpasswd } from "./htpasswd.ts";

export type PasswordCheck = (
  users: Htpasswd,
  user: string,
  password: string,
) => Promise<
  { readonly kind: "right"; readonly user: string } | { readonly kind: "wrong" } | { readonly kind: "busy" }
>;

/** Checks that run at once: they share Node's few threads with all reading and writing of files. */
const mostAtOnce = 2;
/** Checks that wait for those; more are sent away. */
export const mostWaitingChecks = 100;

export function createPasswordCheck(): PasswordCheck {
  const waiting: (() => void)[] = [];
  let running = 0;

  return async (users, user, password) => {
    if (running >= mostAtOnce) {
      if (waiting.length >= mostWaitingChecks) return { kind: "busy" };
      // Whoever ends hands over its place.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      const listed = listedName(users, user);
      const hash = (listed === undefined ? undefined : users.get(listed)) ?? hashOfNobody(users);
      const right = await verify(password, hash);
      return right && listed !== undefined ? { kind: "right", user: listed } : { kind: "wrong" };
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

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
