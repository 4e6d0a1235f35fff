/** Who one says to be, and how that is found without a password on the command line. */
import { join, resolve } from "node:path";
import { wrongUsage } from "../../command-error.ts";
import { printable } from "../../display/printable.ts";
import type { ClientTerminal } from "../../terminal.ts";
import type { RemoteUrl } from "../remote-url.ts";
import { findNetrcEntry, NetrcError } from "./netrc.ts";
import { readSecretFile, readSecretLine } from "./read-secret.ts";

export interface Login {
  readonly username: string;
  readonly password: string;
}

export type Credentials =
  | { readonly kind: "none" }
  | (Login & { readonly kind: "login" })
  | {
      readonly kind: "token";
      readonly token: string;
    };

/** As they are typed; absent: not typed. */
export interface TypedCredentials {
  readonly user?: string;
  readonly passwordFile?: string;
  readonly tokenFile?: string;
  /** False: `--no-netrc`. */
  readonly netrc?: boolean;
  readonly netrcFile?: string;
}

/**
 * Looks, in this order, at: a token; the name in `--user`, the URL or MEANWHILE_USER, and for it the password in
 * `--password-file`, the URL, MEANWHILE_PASSWORD, ~/.netrc, or typed at the terminal; a login in ~/.netrc; nobody.
 *
 * @param remote the URL with its login, if one stands in it
 * @throws {CommandError} where there is a name but no password, or a file cannot be used
 */
export async function findCredentials(
  remote: RemoteUrl,
  typed: TypedCredentials,
  terminal: ClientTerminal,
  warn: (text: string) => void,
): Promise<Credentials> {
  const { env } = terminal;
  if (remote.password !== undefined) {
    warn(
      "a password in a URL can be seen by everybody on this machine; better are ~/.netrc and --password-file",
    );
  }
  if (typed.user?.includes(":") === true) {
    throw wrongUsage(
      "--user takes a name only: the password goes into --password-file, MEANWHILE_PASSWORD or ~/.netrc, or is asked",
    );
  }
  const username = typed.user ?? remote.username ?? (env["MEANWHILE_USER"] || undefined);
  if (typed.tokenFile !== undefined) {
    if (typed.user !== undefined) throw wrongUsage("--token-file does not go with --user");
    return tokenOf(await readSecretLine("--token-file", typed.tokenFile, terminal));
  }
  if (typed.user === undefined && remote.username === undefined && env["MEANWHILE_TOKEN"]) {
    return tokenOf(env["MEANWHILE_TOKEN"]);
  }
  if (username === undefined) {
    if (typed.passwordFile !== undefined) throw wrongUsage("--password-file needs --user");
    const { login, password } = (await fromNetrc(remote.url, undefined, typed, terminal, warn)) ?? {};
    if (login === undefined || password === undefined) return { kind: "none" };
    return { kind: "login", username: login, password };
  }
  const password =
    typed.passwordFile === undefined
      ? (remote.password ??
        env["MEANWHILE_PASSWORD"] ??
        (await fromNetrc(remote.url, username, typed, terminal, warn))?.password ??
        (await askPassword(username, remote.url, terminal)))
      : await readSecretLine("--password-file", typed.passwordFile, terminal);
  if (password === undefined) {
    throw wrongUsage(
      `no password for ${printable(username)}: there is no terminal to ask for it; use --password-file, MEANWHILE_PASSWORD or ~/.netrc`,
    );
  }
  return { kind: "login", username, password };
}

/** Asks for both; undefined where nobody answers. */
export async function askLogin(url: URL, { ask }: ClientTerminal): Promise<Credentials | undefined> {
  const username = await ask({ text: `Name for ${url.host}: `, hidden: false });
  if (username === undefined || username === "") return undefined;
  const password = await ask({ text: `Password of ${printable(username)} for ${url.host}: `, hidden: true });
  return password === undefined ? undefined : { kind: "login", username, password };
}

function askPassword(username: string, url: URL, { ask }: ClientTerminal): Promise<string | undefined> {
  return ask({ text: `Password of ${printable(username)} for ${url.host}: `, hidden: true });
}

/** RFC 6750 §2.1: what else is in it could begin another field. */
function tokenOf(token: string): Credentials {
  if (!/^[A-Za-z0-9\-._~+/]+=*$/.test(token))
    throw wrongUsage("the token has characters that no Bearer token has");
  return { kind: "token", token };
}

async function fromNetrc(
  url: URL,
  username: string | undefined,
  typed: TypedCredentials,
  { cwd, env, home, platform }: ClientTerminal,
  warn: (text: string) => void,
): Promise<{ readonly login?: string; readonly password?: string } | undefined> {
  if (typed.netrc === false) return undefined;
  const named = typed.netrcFile ?? (env["NETRC"] || undefined);
  const paths =
    named === undefined
      ? [join(home, ".netrc"), ...(platform === "win32" ? [join(home, "_netrc")] : [])]
      : [resolve(cwd, named)];
  for (const path of paths) {
    const file = await readSecretFile(path, platform);
    if (file === undefined) continue;
    try {
      const entry = findNetrcEntry(file.content, url.hostname.replace(/^\[(.*)\]$/, "$1"), username);
      if (entry?.password !== undefined && file.readableByOthers) {
        warn(`${printable(path)} can be read by others: chmod 600 it`);
      }
      return entry;
    } catch (error) {
      if (error instanceof NetrcError) throw wrongUsage(`${printable(path)}: ${error.message}`, error);
      throw error;
    }
  }
  if (typed.netrcFile !== undefined) {
    throw wrongUsage(`--netrc-file ${printable(typed.netrcFile)}: there is no such file`);
  }
  return undefined;
}
