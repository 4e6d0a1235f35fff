/** Logging in by a form: the users, their principals and the throttling are those of Basic and Digest. */
import type { Logins, LoginVerdict } from "@meanwhile/server";
import type { WatchedFile } from "../options/watched-file.ts";
import type { Basic } from "./basic/basic.ts";
import { longestUserName } from "./basic/basic-credentials.ts";
import type { Htpasswd } from "./basic/htpasswd.ts";
import type { Digest } from "./digest/digest.ts";
import type { Htdigest } from "./digest/htdigest.ts";

export interface LoginsOptions {
  readonly users: WatchedFile<Htpasswd> | undefined;
  readonly digestUsers: WatchedFile<Htdigest> | undefined;
  readonly basic: Basic | undefined;
  readonly digest: Digest | undefined;
}

/** A user who is in both files may log in with either password. */
export function createLogins({ users, digestUsers, basic, digest }: LoginsOptions): Logins {
  return {
    async judge(attempt): Promise<LoginVerdict> {
      const { user, password, address } = attempt;
      // No user of a file has such a name, and no field of Basic could have it.
      if (user.includes(":") || user.length > longestUserName) return { kind: "wrong" };
      const judged = await basic?.judge({ address }, Buffer.from(`${user}:${password}`).toString("base64"));
      return judged ?? (await digest?.judgePassword(attempt)) ?? { kind: "wrong" };
    },
    mark(principal) {
      const hash = users?.current().get(principal);
      const digestHashes = digestUsers?.current().users.get(principal);
      if (hash === undefined && digestHashes === undefined) return undefined;
      return JSON.stringify([hash, digestHashes?.MD5, digestHashes?.["SHA-256"]]);
    },
  };
}
