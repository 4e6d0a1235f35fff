/** Serves a folder, from checked options to the first line that says where. */
import { join } from "node:path";
import { type Disk, openDisk, StateError } from "@meanwhile/disk";
import { type DurableJournal, JournalError, lmdbJournal } from "@meanwhile/journal-lmdb";
import { createOperations } from "@meanwhile/operations";
import { assertNotReserved, createDavHandler, ReservedPathError } from "@meanwhile/server";
import { failed } from "../command-error.ts";
import type { ServeOptions } from "../options/serve-options.ts";
import type { Terminal } from "../terminal.ts";
import { afterNames } from "./after-names.ts";
import { descriptorLimit, shareDescriptors } from "./descriptors.ts";
import { diskWarning } from "./disk-warning.ts";
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
  if (options.cors.includes("null")) {
    log.warn("--cors null lets in pages without an origin, which any site can show; they get no credentials");
  }
  const tls = options.tls && readTls(options.tls);
  const { authenticate, access } = openUsers(options, (message) => log.warn(message), clock);
  const place = await findFolder(options, terminal);

  const disk = await openDisk({
    folder: place.folder,
    state: place.state,
    durability: options.durability,
    acceptNewRoot: options.acceptNewRoot,
    log: (event) => log.warn(diskWarning(event)),
  }).catch((error: unknown) => {
    throw error instanceof StateError ? failed(error.message, error) : error;
  });
  const journal = afterNames(disk, await openJournal(join(place.state, "journal"), disk));
  const shares = shareDescriptors(descriptorLimit());
  const operations = createOperations({
    journal,
    limits: {
      openPerPrincipal: options.maxOperations,
      trees: shares.trees,
      documents: shares.documents,
    },
    warn: (message) => log.warn(message),
  });
  const handler = createDavHandler({
    tree: disk.tree,
    locks: disk.locks,
    operations,
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
    limits: { uploads: shares.uploads },
    log: (entry) => log.request(entry),
    ...(options.baseUrl === undefined ? {} : { baseUrl: options.baseUrl }),
    ...(options.operationsPath === undefined ? {} : { operationsPath: options.operationsPath }),
  });

  let listener: Listener;
  try {
    await assertNotReserved(disk.tree, options.operationsPath).catch((error: unknown) => {
      if (!(error instanceof ReservedPathError)) throw error;
      throw failed(`${error.message}; rename it, or choose another place with --operations-path`, error);
    });
    const resumed = await handler.recover();
    if (resumed > 0) log.warn(`${resumed} operations of an earlier process go on`);
    listener = await listen(handler, {
      listen: options.listen,
      tls,
      mostConnections: shares.connections,
      onRefused: (refusal) => log.refused(refusal),
      onError: (error) => log.error("a connection could not be taken", error),
    });
  } catch (error) {
    operations.abandon();
    await handler.close();
    await closeStores();
    throw error;
  }
  terminal.print(`listening on ${listener.url}`);
  for (const line of await welcome(options, place, listener.url)) terminal.print(line);

  async function closeStores(): Promise<void> {
    await disk.close();
    await journal.close();
  }

  // Threads that a call to a hung file system keeps would be waited for without end.
  const forgetExit = terminal.onExit(() => {
    if (disk.calling()) terminal.kill();
  });

  let closing: Promise<void> | undefined;
  async function end(): Promise<void> {
    const began = clock();
    const stopped = listener.stop();
    const ended = await operations.drain(options.drainMs);
    // What still runs is told to wait for the next process, which takes it up.
    if (!ended) operations.abandon();
    const left = options.drainMs - (clock() - began);
    await atMost(Math.max(left, repliesMs), Promise.all([handler.close(), stopped]));
    listener.cut();
    await stopped;
    // The last connections' ends are heard of, and what was delivered is recorded.
    await new Promise((resolve) => setImmediate(resolve));
    await unlessHung(disk, closeStores());
    if (disk.calling()) return terminal.kill();
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

/** How long calls to the file system may take that have not come back in the end. */
const callsMs = 2_000;

/**
 * Resolves with the promise, or when calls to the file system have not come back for a while: outcomes are written by
 * then, and the next start finds what else there is.
 */
async function unlessHung(disk: Disk, closed: Promise<void>): Promise<void> {
  const until = performance.now() + callsMs;
  let done = false;
  const ended = closed.then(() => {
    done = true;
  });
  // Once it is closed, calls come back only while the event loop turns.
  while (disk.calling() ? performance.now() < until : !done) await atMost(20, done ? never : ended);
}

const never = new Promise<void>(() => {});

/** How long, at least, the last final responses have to be handed over, once no operation runs any more. */
const repliesMs = 2_000;

async function openJournal(directory: string, disk: Disk): Promise<DurableJournal> {
  const open = (): Promise<DurableJournal> => lmdbJournal(directory, { makeRoom: () => disk.makeRoom() });
  try {
    return await open().catch((error: unknown) => {
      if (isFull(error) && disk.makeRoom()) return open();
      throw error;
    });
  } catch (error) {
    await disk.close();
    throw error instanceof JournalError ? failed(error.message, error) : error;
  }
}

function isFull(error: unknown): boolean {
  return error instanceof JournalError && error.code === "ERR_JOURNAL_FULL";
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
