/** What `meanwhile serve` was asked for, checked as far as that needs no look at the disk or the network. */
import type { Durability } from "@meanwhile/disk";
import { type Front, fronts, type InterimMode, isFront } from "@meanwhile/interim/profiles";
import { isRealm } from "../auth/realm.ts";
import { wrongUsage } from "../command-error.ts";
import { type DurationRange, parseDuration } from "./duration.ts";
import { type HostPort, parseHostPort } from "./host-port.ts";
import { type Network, parseNetwork } from "./network.ts";
import { parseOperationsPath } from "./operations-path.ts";
import { parseBaseUrl, parseOrigin } from "./web-address.ts";

/** As they are typed; absent: not typed. */
export interface TypedServeOptions {
  readonly listen?: string;
  readonly state?: string;
  readonly durability?: string;
  readonly users?: string;
  readonly digestUsers?: string;
  readonly realm?: string;
  readonly anonymous?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly baseUrl?: string;
  readonly trustedProxy?: readonly string[];
  readonly front?: string;
  readonly interim?: string;
  readonly processingAfter?: string;
  readonly processingEvery?: string;
  readonly cors?: readonly string[];
  readonly acceptNewRoot?: boolean;
  readonly readOnly?: boolean;
  readonly page?: boolean;
  readonly trustHtml?: boolean;
  readonly operationsPath?: string;
  readonly maxOperations?: string;
  readonly drain?: string;
  readonly logLevel?: string;
}

export const logLevels = ["silent", "error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

export const interimModes: readonly InterimMode[] = ["measured", "asked", "standard"];

export const durabilities: readonly Durability[] = ["full", "content", "none"];

export interface ServeOptions {
  /** The folder to serve; undefined: the sample. */
  readonly folder: string | undefined;
  readonly listen: HostPort;
  /** undefined: the platform's place. */
  readonly state: string | undefined;
  readonly durability: Durability;
  readonly users: string | undefined;
  readonly digestUsers: string | undefined;
  /** undefined: that of the digest users, else "Meanwhile". */
  readonly realm: string | undefined;
  readonly anonymous: boolean;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Without a trailing slash. */
  readonly baseUrl: string | undefined;
  readonly trustedProxies: readonly Network[];
  readonly front: Front | undefined;
  readonly interimMode: InterimMode;
  readonly processingAfterMs: number;
  readonly processingEveryMs: number;
  readonly cors: readonly string[];
  /** Whether the folder may be another one than the state belongs to. */
  readonly acceptNewRoot: boolean;
  readonly readOnly: boolean;
  /** Whether browsers get a file manager for a folder, not a plain listing. */
  readonly page: boolean;
  /** Whether scripts in the folder's documents run in browsers. */
  readonly trustHtml: boolean;
  /** Where status documents live; undefined: the default. */
  readonly operationsPath: string | undefined;
  /** Operations of one user, or of one address where it is anonymous, at once. */
  readonly maxOperations: number;
  readonly drainMs: number;
  readonly logLevel: LogLevel;
}

export const defaultListen = "127.0.0.1:8102";
const dayMs = 24 * 60 * 60 * 1000;
const afterRange: DurationRange = { minMs: 0, maxMs: dayMs };
const everyRange: DurationRange = { minMs: 1, maxMs: dayMs };
const drainRange: DurationRange = { minMs: 0, maxMs: dayMs };

/**
 * Without a folder the sample is served, whose COPY is there to be watched: interim responses come more often.
 *
 * @throws {CommandError} naming the first option that is wrong, or that does not go with another
 */
export function parseServeOptions(folder: string | undefined, typed: TypedServeOptions): ServeOptions {
  const options: ServeOptions = {
    folder: folder === undefined ? undefined : notEmpty("DIR", folder),
    listen: parseHostPort("--listen", typed.listen ?? defaultListen),
    state: optional(typed.state, (value) => notEmpty("--state", value)),
    durability: oneOf("--durability", durabilities, typed.durability ?? "full"),
    users: optional(typed.users, (value) => notEmpty("--users", value)),
    digestUsers: optional(typed.digestUsers, (value) => notEmpty("--digest-users", value)),
    realm: optional(typed.realm, parseRealm),
    anonymous: typed.anonymous ?? false,
    tls: parseTls(typed),
    baseUrl: optional(typed.baseUrl, (value) => parseBaseUrl("--base-url", value)),
    trustedProxies: (typed.trustedProxy ?? []).map((value) => parseNetwork("--trusted-proxy", value)),
    front: optional(typed.front, parseFront),
    interimMode: oneOf("--interim", interimModes, typed.interim ?? "measured"),
    processingAfterMs: parseDuration("--processing-after", typed.processingAfter ?? "20s", afterRange),
    processingEveryMs: parseDuration(
      "--processing-every",
      typed.processingEvery ?? (folder === undefined ? "500ms" : "15s"),
      everyRange,
    ),
    cors: (typed.cors ?? []).map((value) => parseOrigin("--cors", value)),
    acceptNewRoot: typed.acceptNewRoot ?? false,
    readOnly: typed.readOnly ?? false,
    page: typed.page ?? true,
    trustHtml: typed.trustHtml ?? false,
    operationsPath: optional(typed.operationsPath, (value) =>
      parseOperationsPath("--operations-path", value),
    ),
    maxOperations: parseCount("--max-operations", typed.maxOperations ?? "100"),
    drainMs: parseDuration("--drain", typed.drain ?? "30s", drainRange),
    logLevel: oneOf("--log-level", logLevels, typed.logLevel ?? "info"),
  };
  const hasUsers = options.users !== undefined || options.digestUsers !== undefined;
  if (options.anonymous && hasUsers) {
    throw wrongUsage("--anonymous lets everybody in: it does not go with --users and --digest-users");
  }
  if (options.realm !== undefined && !hasUsers) throw wrongUsage("--realm needs --users or --digest-users");
  return options;
}

function optional<Value>(typed: string | undefined, parse: (value: string) => Value): Value | undefined {
  return typed === undefined ? undefined : parse(typed);
}

function notEmpty(option: string, value: string): string {
  if (value === "" || value.includes("\0")) throw wrongUsage(`${option} must not be empty`);
  return value;
}

function parseCount(option: string, value: string): number {
  if (!/^[1-9]\d{0,5}$/.test(value)) throw wrongUsage(`${option} takes a number from 1 to 999999`);
  return Number(value);
}

function parseTls({ tlsCert, tlsKey }: TypedServeOptions): ServeOptions["tls"] {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined) throw wrongUsage("--tls-key needs --tls-cert");
  if (tlsKey === undefined) throw wrongUsage("--tls-cert needs --tls-key");
  return { cert: notEmpty("--tls-cert", tlsCert), key: notEmpty("--tls-key", tlsKey) };
}

function parseFront(value: string): Front {
  if (!isFront(value))
    throw wrongUsage(`--front must be one of ${fronts.join(", ")}, not ${JSON.stringify(value)}`);
  return value;
}

/** A realm stands in a quoted string of a challenge, and within what Digest hashes. */
function parseRealm(value: string): string {
  if (!isRealm(value))
    throw wrongUsage("--realm takes printable ASCII without quotes, backslashes and colons");
  return value;
}

function oneOf<Value extends string>(option: string, values: readonly Value[], value: string): Value {
  const found = values.find((candidate) => candidate === value);
  if (found === undefined) {
    throw wrongUsage(`${option} must be one of ${values.join(", ")}, not ${JSON.stringify(value)}`);
  }
  return found;
}
