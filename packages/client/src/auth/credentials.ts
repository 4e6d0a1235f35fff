import { misuse } from "../error/misuse.ts";

/** Who we are. */
export type Credentials =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  | { readonly kind: "token"; readonly token: TokenSource };

/**
 * A bearer token (RFC 6750), or what gives one: it is asked before each request, and once more with the `refused` one where
 * the server takes that no longer.
 */
export type TokenSource = string | ((refused?: string) => string | Promise<string>);

export interface CredentialOptions {
  /** For Basic and Digest; whichever the server asks for. */
  readonly username?: string;
  readonly password?: string;
  /** For Bearer, instead of name and password. */
  readonly token?: TokenSource;
}

/**
 * The credentials of options, else those in the base URL's user information; and the base without these.
 *
 * @throws {TypeError} `ERR_CREDENTIALS` where they contradict each other or cannot be sent; never with them in its message
 */
export function credentialsOf(
  base: string | URL,
  options: CredentialOptions,
): { readonly base: string | URL; readonly credentials: Credentials | undefined } {
  if (!URL.canParse(String(base))) return { base, credentials: undefined };
  const url = new URL(base);
  const { username, password } = url;
  url.username = "";
  url.password = "";
  const named = options.username ?? (username === "" ? undefined : decoded(username));
  if (options.token !== undefined) {
    if (named !== undefined) throw misuse("ERR_CREDENTIALS", "either a token, or a name and a password");
    if (typeof options.token === "string") checkToken(options.token);
    return { base: url, credentials: { kind: "token", token: options.token } };
  }
  if (named === undefined) {
    if (options.password !== undefined) throw misuse("ERR_CREDENTIALS", "a password needs a username");
    return { base: url, credentials: undefined };
  }
  const secret = options.password ?? decoded(password);
  // "The user-id and password MUST NOT contain any control characters" (RFC 7617 §2).
  if (/\p{Cc}/u.test(named + secret)) {
    throw misuse("ERR_CREDENTIALS", "a username and a password must not have control characters in them");
  }
  return { base: url, credentials: { kind: "password", username: named, password: secret } };
}

/** @throws {TypeError} `ERR_CREDENTIALS` */
export function checkToken(token: string): void {
  if (!/^[A-Za-z0-9._~+/-]+=*$/.test(token)) {
    throw misuse("ERR_CREDENTIALS", "a bearer token has letters, digits and -._~+/ only (RFC 6750 §2.1)");
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw misuse("ERR_CREDENTIALS", "the user information of the base is not percent-encoded UTF-8", cause);
  }
}
