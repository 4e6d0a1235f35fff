/** A command's time with one server: login, client, report, stops, and how failures are told. */
import type { DavClient } from "@meanwhile/client";
import { CommandError, wrongUsage } from "../command-error.ts";
import { printableJson } from "../display/printable.ts";
import { createReport, type Report } from "../display/report.ts";
import type { FailureCode } from "../exit-status.ts";
import type { ClientTerminal } from "../terminal.ts";
import { type ConnectionSettings, connectionSettings, type TypedConnection } from "./connection-options.ts";
import { askLogin, type Credentials, findCredentials } from "./credentials/credentials.ts";
import type { FailureContext } from "./explain/explanation.ts";
import { hearStops, type Stops } from "./follow/stops.ts";
import type { RemoteUrl } from "./remote-url.ts";

/** Makes a client for what is below a base. */
export type Connect = (base: URL, settings: ConnectionSettings) => Promise<DavClient>;

/** What commands get from the program that they are part of. */
export interface CommandContext {
  readonly terminal: ClientTerminal;
  readonly connect: Connect;
}

export interface Session {
  readonly terminal: ClientTerminal;
  readonly client: DavClient;
  readonly report: Report;
  readonly stops: Stops;
  /** Aborted where the command is told to stop and nobody else deals with that. */
  readonly signal: AbortSignal;
  /** Tells of a failure in the middle, where the command goes on. @returns its exit code */
  tell(error: unknown): Promise<FailureCode>;
  /** The exit code, where an operation was left. */
  leftBy: FailureCode | undefined;
}

export interface SessionOptions {
  /** All on one server. The login is taken from the first that has one. */
  readonly remotes: readonly [RemoteUrl, ...RemoteUrl[]];
  /** What all of it is below. */
  readonly base: URL;
  readonly typed: TypedConnection;
  /** Whether the work can be begun again, after a login was asked for. Default: yes. */
  readonly repeatable?: boolean;
  readonly keepsDestination?: boolean;
  readonly resumable?: boolean;
}

/**
 * Does the work, and tells what failed in it. Where the server wants a login and nobody gave one, it is asked for at
 * the terminal.
 * @throws {CommandError} with the line that is still to be told
 */
export async function inSession(
  { terminal, connect }: CommandContext,
  options: SessionOptions,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const { remotes, base, typed } = options;
  refuseOtherOrigins(remotes);
  const report = createReport(terminal, { json: typed.json ?? false, quiet: typed.quiet ?? false });
  const stops = hearStops(terminal);
  try {
    const remote = remotes.find(({ username }) => username !== undefined) ?? remotes[0];
    let credentials = await findCredentials(remote, typed, terminal, report.warn);
    const settings = await connectionSettings(typed, credentials, terminal);
    if (settings.insecure) report.warn("--insecure: an attacker in between can read and change everything");
    for (;;) {
      const ended = await attempt({ ...settings, credentials });
      if (ended === "done") return;
      credentials = ended;
    }
  } finally {
    stops.forget();
  }

  /** Gives the login to do it again with. */
  async function attempt(settings: ConnectionSettings): Promise<"done" | Credentials> {
    const client = await connect(base, settings);
    const context: FailureContext = {
      remote: remotes[0].url,
      username: settings.credentials.kind === "login" ? settings.credentials.username : undefined,
      byToken: settings.credentials.kind === "token",
      keepsDestination: options.keepsDestination ?? false,
      resumable: options.resumable ?? false,
      isFileWithSlash: async (place) => {
        const { afterwards, isFileWithSlash } = await import("./look-at.ts");
        return isFileWithSlash(client, place, afterwards(stops.signal)).catch(() => false);
      },
      lockHolder: async (places) => (await import("./lock-holder.ts")).lockHolder(client, places),
    };
    const session: Session = {
      terminal,
      client,
      report,
      stops,
      signal: stops.signal,
      leftBy: undefined,
      async tell(error) {
        const failure = await failureOf(error, session, context);
        report.warn(failure.message);
        return failure.exitCode;
      },
    };
    try {
      await work(session);
      return "done";
    } catch (error) {
      if (options.repeatable !== false && settings.credentials.kind === "none" && (await wantsLogin(error))) {
        const login = await askLogin(remotes[0].url, terminal);
        if (login !== undefined) return login;
      }
      throw await failureOf(error, session, context);
    } finally {
      await client.close();
    }
  }
}

/** Whether a name and a password may help: where the server does not ask for them, they are not sent. */
async function wantsLogin(error: unknown): Promise<boolean> {
  const { HttpError, loginRefusal } = await import("@meanwhile/client");
  if (!(error instanceof HttpError) || error.status !== 401) return false;
  const { kind } = loginRefusal(error.headers);
  return kind !== "no-challenge" && kind !== "not-known";
}

/** Tells all of it but the last line, which is the error's message. */
async function failureOf(error: unknown, session: Session, context: FailureContext): Promise<CommandError> {
  const { explain } = await import("./explain/explain.ts");
  const explanation = await explain(error, context);
  // A fault of ours: whoever shows it shows the stack.
  if (explanation === undefined) throw error;
  const { message, details = [], facts = {} } = explanation;
  const exitCode = explanation.exitCode === 130 ? (session.leftBy ?? 130) : explanation.exitCode;
  for (const detail of details) session.report.warn(detail);
  if (session.report.json) {
    session.terminal.print(printableJson({ type: "error", exitCode, message, ...facts }));
  }
  return new CommandError(exitCode, message, { cause: error });
}

function refuseOtherOrigins([first, ...others]: readonly [RemoteUrl, ...RemoteUrl[]]): void {
  const other = others.find(({ url }) => url.origin !== first.url.origin);
  if (other === undefined) return;
  throw wrongUsage(
    `${first.url.host} and ${other.url.host} are two servers: a command talks to one; between two, get and put`,
  );
}

/**
 * Does something for each URL, and goes on where it fails.
 * @throws {CommandError} where one failed; with the code of the failure, where all failed in the same way, else 3
 */
export async function forEachUrl(
  session: Session,
  remotes: readonly RemoteUrl[],
  work: (url: URL) => Promise<void>,
): Promise<void> {
  const codes = new Set<FailureCode>();
  let failures = 0;
  for (const { url } of remotes) {
    try {
      await work(url);
    } catch (error) {
      if (remotes.length === 1 || session.signal.aborted || session.leftBy !== undefined) throw error;
      // So that a login is asked for, before anything was done.
      if (failures === 0 && url === remotes[0]?.url && (await wantsLogin(error))) throw error;
      failures += 1;
      codes.add(await session.tell(error));
    }
  }
  if (failures === 0) return;
  const [code = 3] = codes;
  throw new CommandError(
    failures === remotes.length && codes.size === 1 ? code : 3,
    `${failures} of ${remotes.length} failed`,
  );
}
