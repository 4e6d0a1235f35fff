/** Who may use a folder that `serveFolder` serves. */
import {
  type Access,
  type Authenticate,
  type ExpiringTables,
  type Logins,
  openAccess,
} from "@meanwhile/server";
import { CommandError } from "../command-error.ts";
import { readOnly } from "../rights/rights.ts";
import type { ServeFolderOptions } from "./serve-folder-options.ts";
import { openUsers } from "./users.ts";

export interface FolderUsers {
  readonly authenticate?: Authenticate;
  readonly logins?: Logins;
  readonly access: Access;
}

/** What makes the users of a folder, with the tables of its state. */
export type OpenFolderUsers = (tables: ExpiringTables) => Promise<FolderUsers>;

/** @throws {TypeError} `ERR_INVALID_ARG_VALUE` where the users file cannot be used, or goes with functions that decide the same */
export function folderUsers(options: ServeFolderOptions, warn: (message: string) => void): OpenFolderUsers {
  const { users, authenticate, logins, access = openAccess } = options;
  if (users === undefined) {
    return async () => ({
      ...(authenticate === undefined ? {} : { authenticate }),
      ...(logins === undefined ? {} : { logins }),
      access: options.readOnly === true ? readOnly(access) : access,
    });
  }
  if (authenticate !== undefined || logins !== undefined || options.access !== undefined) {
    throw wrong('the option "users" of serveFolder does not go with "authenticate", "logins" and "access"');
  }
  const files = {
    users,
    digestUsers: undefined,
    realm: undefined,
    readOnly: options.readOnly === true,
  };
  try {
    return openUsers(files, warn, () => performance.now());
  } catch (error) {
    throw error instanceof CommandError ? wrong(error.message, error) : error;
  }
}

function wrong(message: string, cause?: unknown): TypeError {
  return Object.assign(new TypeError(message, { cause }), { code: "ERR_INVALID_ARG_VALUE" });
}
