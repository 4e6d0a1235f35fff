/** Serves a folder, from checked options to the first line that says where. */

import { JournalError } from "@meanwhile/journal-lmdb";
import { ReservedPathError } from "@meanwhile/server";
import { StateError } from "@meanwhile/state-lmdb";
import { failed } from "../command-error.ts";
import type { ServeOptions } from "../options/serve-options.ts";
import type { Terminal } from "../terminal.ts";
import { findFolder } from "./folder.ts";
import { type Listener, listen } from "./listener/listener.ts";
import { readTls } from "./listener/tls.ts";
import { openFolder } from "./open-folder.ts";
import { createServerLog } from "./request-log.ts";
import { openUsers } from "./users.ts";
import { checkExposure } from "./welcome/exposure.ts";
import { welcome } from "./welcome/welcome.ts";

export interface Running {
  /** Where it listens: `http://HOST:PORT/`. */
  readonly url: string;
  /** Ends: no new connections, `--drain` for the requests that run, then the files are closed. May be called twice. */
  close(): Promise<void>;
}

/**
 * Starts to serve, and says so on standard output; the first line is `listening on http://HOST:PORT/`.
 * @throws {CommandError} where it cannot; nothing is left open then
 */
export async function serve(options: ServeOptions, terminal: Terminal): Promise<Running> {
  const clock = (): number => performance.now();
  const log = createServerLog(options.logLevel, terminal.log);
  await checkExposure(options);
  if (options.cors.includes("null")) {
    log.warn("--cors null lets in pages without an origin, which any site can show; they get no credentials");
  }
  const tls = options.tls && readTls(options.tls);
  const users = openUsers(options, (message) => log.warn(message), clock);
  const place = await findFolder(options, terminal);

  const folder = await openFolder({
    folder: place.folder,
    state: place.state,
    durability: options.durability,
    acceptNewRoot: options.acceptNewRoot,
    maxOperations: options.maxOperations,
    warn: (message) => log.warn(message),
    users,
    trustedProxy: (address) => options.trustedProxies.some((network) => network(address)),
    interim: {
      mode: options.interimMode,
      afterMs: options.processingAfterMs,
      everyMs: options.processingEveryMs,
      ...(options.front === undefined ? {} : { front: options.front }),
    },
    cors: options.cors,
    page: options.page,
    trustHtml: options.trustHtml,
    log: (entry) => log.request(entry),
    ...(options.baseUrl === undefined ? {} : { baseUrl: options.baseUrl }),
    ...(options.operationsPath === undefined ? {} : { operationsPath: options.operationsPath }),
  }).catch((error: unknown) => {
    throw explained(error);
  });

  let listener: Listener;
  try {
    listener = await listen(folder.handler, {
      listen: options.listen,
      tls,
      mostConnections: folder.mostConnections,
      onRefused: (refusal) => log.refused(refusal),
      onError: (error) => log.error("a connection could not be taken", error),
    });
  } catch (error) {
    await folder.close({ drainMs: 0 });
    throw error;
  }
  terminal.print(`listening on ${listener.url}`);
  for (const line of await welcome(options, place, listener.url)) terminal.print(line);

  // Threads that a call to a hung file system keeps would be waited for without end.
  const forgetExit = terminal.onExit(() => {
    if (folder.calling()) terminal.kill();
  });

  let closing: Promise<void> | undefined;
  async function end(): Promise<void> {
    const connections = { stopped: listener.stop(), cut: () => listener.cut() };
    await folder.close({ drainMs: options.drainMs, connections });
    if (folder.calling()) return terminal.kill();
    forgetExit();
  }
  return {
    url: listener.url,
    close() {
      closing ??= end();
      return closing;
    },
  };
}

/** What the command says where the folder or its state cannot be used. */
function explained(error: unknown): unknown {
  if (error instanceof StateError || error instanceof JournalError) return failed(error.message, error);
  if (!(error instanceof ReservedPathError)) return error;
  return failed(`${error.message}; rename it, or choose another place with --operations-path`, error);
}
