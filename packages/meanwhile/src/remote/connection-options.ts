/** How the server is reached: the options that all commands share that talk to one. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, type Option } from "commander";
import { wrongUsage } from "../command-error.ts";
import { printable } from "../display/printable.ts";
import { type DurationRange, parseDuration } from "../options/duration.ts";
import type { ClientTerminal } from "../terminal.ts";
import type { Credentials, TypedCredentials } from "./credentials/credentials.ts";

/** As they are typed; absent: not typed. */
export interface TypedConnection extends TypedCredentials {
  readonly header?: readonly string[];
  readonly cacert?: string;
  readonly insecure?: boolean;
  readonly cert?: string;
  readonly key?: string;
  /** False: `--no-http2`. */
  readonly http2?: boolean;
  readonly proxy?: string;
  readonly timeout?: string;
  readonly idleTimeout?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** How a client is to be made. */
export interface ConnectionSettings {
  readonly credentials: Credentials;
  readonly headers: Readonly<Record<string, string>>;
  /** Certificates (PEM) to trust instead of the usual ones. */
  readonly ca: string | undefined;
  /** The client's own certificate chain, and its key (PEM). */
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Whoever answers is believed. */
  readonly insecure: boolean;
  readonly http2: boolean;
  /** Undefined: as the environment says. */
  readonly proxy: URL | undefined;
  /** 0: no limit. */
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
}

const dayMs = 24 * 60 * 60 * 1000;
const timeoutRange: DurationRange = { minMs: 1, maxMs: 30 * dayMs };

/** A command with the options of all that talk to a server. Help shows those that it alone has first. */
export function remoteCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .configureHelp({ groupItems: ownFirst })
    .optionsGroup("Output:")
    .option("--json", "one JSON object a line on standard output, for machines")
    .option("-q, --quiet", "say nothing but what was asked for, and errors")
    .optionsGroup("Connection:")
    .option("-u, --user <NAME>", "who logs in; the password is looked for, or asked")
    .option("--password-file <FILE>", "its first line is the password")
    .option("--token-file <FILE>", "its first line is a Bearer token")
    .option("--netrc-file <FILE>", "logins, instead of ~/.netrc")
    .option("--no-netrc", "read no netrc file")
    .option(
      "-H, --header <FIELD>",
      "send this field too, as 'Name: value'; @FILE has some (repeatable)",
      collect,
    )
    .option("--cacert <FILE>", "trust certificates of these authorities (PEM)")
    .option("--insecure", "trust every certificate: an attacker in between can read and change everything")
    .option("--cert <FILE>", "show the server this certificate (PEM)")
    .option("--key <FILE>", "its key (PEM)")
    .option("--no-http2", "speak HTTP/1.1")
    .option("--proxy <URL>", "go through this proxy, instead of the environment's")
    .option("--timeout <T>", "give up after this time, all in all (default: never)")
    .option("--idle-timeout <T>", "give up after this time without any sign of life (default: never)")
    .optionsGroup("Options:");
}

/**
 * @param credentials found already
 * @throws {CommandError} naming the first option that is wrong
 */
export async function connectionSettings(
  typed: TypedConnection,
  credentials: Credentials,
  terminal: ClientTerminal,
): Promise<ConnectionSettings> {
  if (typed.cacert !== undefined && typed.insecure === true) {
    throw wrongUsage("--cacert does not go with --insecure");
  }
  if ((typed.cert === undefined) !== (typed.key === undefined))
    throw wrongUsage("--cert and --key go together");
  return {
    credentials,
    headers: await parseHeaders(typed.header ?? [], terminal),
    ca: await readAuthorities(typed.cacert, terminal),
    cert: await readNamed("--cert", typed.cert, terminal),
    key: await readNamed("--key", typed.key, terminal),
    insecure: typed.insecure ?? false,
    http2: typed.http2 ?? true,
    proxy: typed.proxy === undefined ? undefined : parseProxy(typed.proxy),
    timeoutMs: typed.timeout === undefined ? 0 : parseDuration("--timeout", typed.timeout, timeoutRange),
    idleTimeoutMs:
      typed.idleTimeout === undefined ? 0 : parseDuration("--idle-timeout", typed.idleTimeout, timeoutRange),
  };
}

function ownFirst<Item extends Command | Option>(
  _all: Item[],
  visible: Item[],
  groupOf: (item: Item) => string,
): Map<string, Item[]> {
  const groups = new Map<string, Item[]>([["Options:", []]]);
  for (const item of visible) {
    const group = groupOf(item);
    groups.set(group, [...(groups.get(group) ?? []), item]);
  }
  return groups;
}

/** Collects the values of an option that may be given more than once. */
export function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

/** Fields that belong to the message or the connection, and to us. */
const ownFields: readonly string[] = [
  "connection",
  "content-length",
  "depth",
  "destination",
  "host",
  "keep-alive",
  "overwrite",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

async function parseHeaders(
  typed: readonly string[],
  terminal: ClientTerminal,
): Promise<Readonly<Record<string, string>>> {
  const lines: string[] = [];
  for (const value of typed) {
    if (value.startsWith("@")) {
      const content = await readOptionFile("--header", value.slice(1), terminal);
      lines.push(...content.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#")));
    } else {
      // What a process was called with can be seen by everybody on the machine.
      if (/^\s*(?:proxy-)?authorization\s*:/i.test(value)) {
        throw wrongUsage(
          "--header must not have a login in it: use --user or --token-file, or --header @FILE",
        );
      }
      lines.push(value);
    }
  }
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name = "", value = ""] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$/.exec(line) ?? [];
    if (name === "" || /[^\t\x20-\x7E\x80-\xFF]/.test(value)) {
      throw wrongUsage(
        `--header takes 'Name: value', not ${printable(JSON.stringify(line.split(":")[0] ?? ""))}`,
      );
    }
    if (ownFields.includes(name.toLowerCase()))
      throw wrongUsage(`--header: ${name} is set by the command itself`);
    const earlier = headers[name.toLowerCase()];
    // RFC 9110 §5.3: several of the same name are one list.
    headers[name.toLowerCase()] = earlier === undefined ? value.trim() : `${earlier}, ${value.trim()}`;
  }
  return headers;
}

function parseProxy(typed: string): URL {
  const url = URL.canParse(typed) ? new URL(typed) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:") || url.pathname !== "/") {
    const socks = /^socks/i.test(typed) ? "; SOCKS is not supported" : "";
    throw wrongUsage(`--proxy takes a URL such as http://proxy.example:3128${socks}`);
  }
  return url;
}

/** Node takes a file without any certificate, and then believes nobody. */
async function readAuthorities(
  typed: string | undefined,
  terminal: ClientTerminal,
): Promise<string | undefined> {
  const content = await readNamed("--cacert", typed, terminal);
  if (content === undefined || content.includes("-----BEGIN ")) return content;
  throw wrongUsage(`--cacert ${printable(typed ?? "")}: there is no certificate in it (PEM)`);
}

async function readNamed(
  option: string,
  typed: string | undefined,
  terminal: ClientTerminal,
): Promise<string | undefined> {
  return typed === undefined ? undefined : readOptionFile(option, typed, terminal);
}

async function readOptionFile(option: string, typed: string, { cwd }: ClientTerminal): Promise<string> {
  try {
    return await readFile(resolve(cwd, typed), "utf8");
  } catch (cause) {
    throw wrongUsage(`${option} ${printable(typed)}: cannot be read`, cause);
  }
}
