/** Serves a folder, from checked options to the first line that says where. */
import { openDisk, StateError } from "@meanwhile/disk";
import { createOperations } from "@meanwhile/operations";
import { createDavHandler } from "@meanwhile/server";
import { failed } from "../command-error.ts";
import type { ServeOptions } from "../options/serve-options.ts";
import type { Terminal } from "../terminal.ts";
import { checkExposure } from "./exposure.ts";
import { findFolder } from "./folder.ts";
import { type Listener, listen } from "./listener.ts";
import { createServerLog } from "./request-log.ts";
import { readTls } from "./tls.ts";
import { openUsers } from "./users.ts";
import { welcome } from "./welcome.ts";

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
  const tls = options.tls && readTls(options.tls);
  const { authenticate, access } = openUsers(options, (message) => log.warn(message), clock);
  const place = await findFolder(options, terminal);

  const disk = await openDisk({
    folder: place.folder,
    state: place.state,
    log: ({ collection }) =>
      log.warn(`hidden files of earlier work are left in ${JSON.stringify(collection)}`),
  }).catch((error: unknown) => {
    throw error instanceof StateError ? failed(error.message, error) : error;
  });
  const handler = createDavHandler({
    tree: disk.tree,
    locks: disk.locks,
    operations: createOperations({ warn: (message) => log.warn(message) }),
    authenticate,
    access,
    trustedProxy: (address) => options.trustedProxies.some((network) => network(address)),
    interim: {
      mode: options.interimMode,
      afterMs: options.processingAfterMs,
      everyMs: options.processingEveryMs,
      ...(options.front === undefined ? {} : { front: options.front }),
    },
    cors: options.cors,
    log: (entry) => log.request(entry),
    ...(options.baseUrl === undefined ? {} : { baseUrl: options.baseUrl }),
  });

  let listener: Listener;
  try {
    listener = await listen(handler, {
      listen: options.listen,
      tls,
      onError: (error) => log.error("a connection could not be taken", error),
    });
  } catch (error) {
    await handler.close();
    await disk.close();
    throw error;
  }
  terminal.print(`listening on ${listener.url}`);
  for (const line of await welcome(options, place, listener.url)) terminal.print(line);

  let closing: Promise<void> | undefined;
  async function end(): Promise<void> {
    const stopped = listener.stop();
    await atMost(options.drainMs, Promise.all([handler.close(), stopped]));
    listener.cut();
    await stopped;
    await disk.close();
  }
  return {
    url: listener.url,
    close() {
      closing ??= end();
      return closing;
    },
  };
}

/** Resolves with the promise, or when the time is over. */
async function atMost(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}
