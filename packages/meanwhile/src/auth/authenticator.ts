/** Who is asking: Basic and Digest authentication, and which of them is safe enough where. */
import type { Authenticate, Authentication, Credentials, ExpiringTables, Logins } from "@meanwhile/server";
import type { WatchedFile } from "../options/watched-file.ts";
import { createBasic } from "./basic/basic.ts";
import { createBcryptThreads, type VerifyBcrypt } from "./basic/bcrypt-threads.ts";
import type { Htpasswd } from "./basic/htpasswd.ts";
import { createDigest } from "./digest/digest.ts";
import type { Htdigest } from "./digest/htdigest.ts";
import { createLogins } from "./logins.ts";
import { createThrottle } from "./throttle.ts";

export interface AuthenticatorOptions {
  /** Who may use Basic; undefined: nobody. */
  readonly users: WatchedFile<Htpasswd> | undefined;
  /** Who may use Digest; undefined: nobody. Its realm goes before `realm`. */
  readonly digestUsers: WatchedFile<Htdigest> | undefined;
  /** Printable ASCII without quotes and backslashes. */
  readonly realm: string;
  readonly random: (bytes: number) => Uint8Array;
  /** Where failed logins and nonces are kept: for all processes that share it, now and later. Their clock is that of all here. */
  readonly tables: ExpiringTables;
  /** Compares passwords with hashes. Default: in threads of its own. */
  readonly verify?: VerifyBcrypt;
}

/** Who asks, for programs and for the form that browsers show. */
export interface Authenticator {
  readonly authenticate: Authenticate;
  /** undefined: there are no users, and no login is asked for. */
  readonly logins?: Logins;
}

/**
 * Asks everybody for credentials; with neither kind of users nobody is asked, and all are anonymous.
 *
 * Basic sends the password itself, so it is offered and accepted only over TLS and on this machine itself:
 * "Basic authentication MUST NOT be used to authenticate a WebDAV client to a server unless the connection is secure"
 * (RFC 4918 §20.1; see docs/decisions/0001-basic-on-loopback.md).
 */
export async function createAuthenticator(options: AuthenticatorOptions): Promise<Authenticator> {
  const { users, digestUsers, realm, tables, random, verify = createBcryptThreads() } = options;
  if (users === undefined && digestUsers === undefined)
    return { authenticate: () => ({ kind: "anonymous" }) };
  const throttle = createThrottle(tables);
  const clock = (): number => tables.now();
  const digest = digestUsers && (await createDigest({ users: digestUsers, throttle, tables, random }));
  const basicRealm = digestUsers?.current().realm ?? realm;
  const basic = users && createBasic({ users, realm: basicRealm, throttle, clock, random, verify });

  const authenticate = async (credentials: Credentials): Promise<Authentication> => {
    const basicHere = mayUseBasic(credentials) ? basic : undefined;
    const { scheme, rest } = splitScheme(credentials.headers.authorization ?? "");
    if (scheme === "basic" && basicHere !== undefined) {
      const judgement = await basicHere.judge(credentials, rest);
      if (judgement !== undefined) return judgement;
    }
    if (scheme === "digest" && digest !== undefined) {
      const judgement = await digest.judge(credentials, rest);
      if (judgement?.kind === "challenge" && basicHere !== undefined) {
        return { kind: "challenge", challenges: [...judgement.challenges, basicHere.challenge] };
      }
      if (judgement !== undefined) return judgement;
    }
    const challenges = [
      ...(digest?.challenges() ?? []),
      ...(basicHere === undefined ? [] : [basicHere.challenge]),
    ];
    // A 401 without a challenge is none (RFC 9110 §15.5.2).
    if (challenges.length === 0) {
      return {
        kind: "refused",
        status: 403,
        reason: "this server needs HTTPS: passwords would travel in clear",
      };
    }
    return { kind: "challenge", challenges };
  };
  return { authenticate, logins: createLogins({ users, digestUsers, basic, digest }) };
}

function mayUseBasic({ secure, loopback }: Credentials): boolean {
  return secure || loopback;
}

function splitScheme(authorization: string): { readonly scheme: string; readonly rest: string } {
  const [, scheme = "", rest = ""] = /^([^ ]+) +(.*)$/s.exec(authorization.trim()) ?? [];
  return { scheme: scheme.toLowerCase(), rest };
}
