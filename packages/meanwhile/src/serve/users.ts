/** The files that say who may log in, and who may do what. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { type Access, type ExpiringTables, openAccess } from "@meanwhile/server";
import { type Authenticator, createAuthenticator } from "../auth/authenticator.ts";
import { parseHtpasswd } from "../auth/basic/htpasswd.ts";
import { parseHtdigest } from "../auth/digest/htdigest.ts";
import { defaultRealm } from "../auth/realm.ts";
import { wrongUsage } from "../command-error.ts";
import type { ServeOptions } from "../options/serve-options.ts";
import { watchFile } from "../options/watched-file.ts";
import { changingAccess, createRights, readOnly } from "../rights/rights.ts";
import { parseRights } from "../rights/rights-file.ts";

export interface Users extends Authenticator {
  readonly access: Access;
}

/**
 * Opens the files.
 * @param warn told, in one line, when a changed file is not used
 * @param clock milliseconds, never going backwards
 * @returns what makes users of them, with the tables of the state
 * @throws {CommandError} where a file cannot be used
 */
export function openUsers(
  options: Pick<ServeOptions, "users" | "digestUsers" | "realm" | "readOnly">,
  warn: (message: string) => void,
  clock: () => number,
): (tables: ExpiringTables) => Promise<Users> {
  const { digestUsers, realm = defaultRealm } = options;
  const watch = <Content>(path: string, parse: (text: string) => Content) =>
    watchFile({ path, parse, clock, warn });
  const files = {
    users: options.users === undefined ? undefined : watch(options.users, parseHtpasswd),
    digestUsers:
      digestUsers === undefined
        ? undefined
        : watch(digestUsers, (text) => parseHtdigest(text, options.realm)),
  };
  const rights = openRights([options.users, digestUsers], warn, clock);
  const access = options.readOnly ? readOnly(rights) : rights;
  return async (tables) => ({
    ...(await createAuthenticator({ ...files, realm, tables, random: randomBytes })),
    access,
  });
}

/** The rights file stands beside a users file. Without one, whoever may log in may do everything. */
function openRights(
  usersFiles: readonly (string | undefined)[],
  warn: (message: string) => void,
  clock: () => number,
): Access {
  const candidates = usersFiles.filter((file) => file !== undefined).map((file) => `${file}.rights`);
  const [first, second] = candidates.filter((file) => existsSync(file));
  if (first !== undefined && second !== undefined && first !== second) {
    throw wrongUsage(`there are two rights files, ${first} and ${second}: keep one of them`);
  }
  const path = first ?? candidates[0];
  if (path === undefined) return openAccess;
  const file = watchFile<Access>({
    path,
    parse: (text) => createRights(parseRights(text)),
    absent: openAccess,
    clock,
    warn,
  });
  return changingAccess(() => file.current());
}
