/** A folder with its state, its long requests and its handler: opened, recovered and closed in the right order. */
import { resolve } from "node:path";
import { type Disk, type DiskEvent, openDisk } from "@meanwhile/disk";
import type { AnyResponse } from "@meanwhile/interim";
import { type DurableJournal, journalIn } from "@meanwhile/journal-lmdb";
import { createOperations } from "@meanwhile/operations";
import { browserPage } from "@meanwhile/page";
import { assertNotReserved, createDavHandler, type DavHandler } from "@meanwhile/server";
import { descriptorLimit, shareDescriptors } from "./descriptors.ts";
import type { FolderUsers, OpenFolderUsers } from "./folder-users.ts";
import { isWithin } from "./place-within.ts";
import type { ServeFolderOptions } from "./serve-folder-options.ts";

export interface OpenFolderOptions
  extends Omit<ServeFolderOptions, keyof FolderUsers | "users" | "readOnly"> {
  readonly users: OpenFolderUsers;
  readonly warn: (message: string) => void;
}

/** Connections that were told to end. */
export interface EndingConnections {
  /** Resolves when all have ended. */
  readonly stopped: Promise<unknown>;
  /** Ends those that are left. */
  cut(): void;
}

export interface CloseOptions {
  /** How long running operations get to end; milliseconds. */
  readonly drainMs: number;
  readonly connections?: EndingConnections;
}

export interface OpenFolder {
  readonly handler: (...args: Parameters<DavHandler>) => void;
  /** How many connections fit beside the files. */
  readonly mostConnections: number;
  /** Whether a call to the file system has not come back, which only SIGKILL does not wait for. */
  calling(): boolean;
  /** Ends operations, replies and files, in this order. May be called twice. */
  close(options: CloseOptions): Promise<void>;
}

/**
 * Opens a folder, and takes up what an earlier process left unfinished. Where it throws, nothing is left open.
 * @throws {TypeError | StateError | JournalError | ReservedPathError} as `serveFolder`
 */
export async function openFolder(options: OpenFolderOptions): Promise<OpenFolder> {
  const {
    folder,
    durability,
    acceptNewRoot,
    maxOperations,
    page = true,
    users,
    warn,
    ...handlerOptions
  } = options;
  const state = resolve(options.state);
  if (isWithin(folder, state)) throw stateInFolder(state);
  const disk = await openDisk({
    starting: true,
    folder,
    state,
    ...(durability === undefined ? {} : { durability }),
    ...(acceptNewRoot === undefined ? {} : { acceptNewRoot }),
    log: (event) => warn(diskWarning(event)),
  });
  const journal = await openJournal(disk);
  let closed = false;
  const closeStores = async (): Promise<void> => {
    closed = true;
    await journal.close();
    await disk.close();
  };
  const shares = shareDescriptors(descriptorLimit());
  const limits = {
    trees: shares.trees,
    documents: shares.documents,
    ...(maxOperations === undefined ? {} : { openPerPrincipal: maxOperations }),
  };
  let abandon = (): void => {};
  let handler: DavHandler | undefined;
  try {
    // Deliveries that are heard of later are not recorded: the next process keeps the outcomes as long as undelivered ones.
    const operations = createOperations({ journal, limits, warn: (message) => closed || warn(message) });
    abandon = () => operations.abandon();
    handler = createDavHandler({
      ...handlerOptions,
      ...(await users(disk.tables)),
      ...(page ? { page: browserPage() } : {}),
      tree: disk.tree,
      locks: disk.locks,
      uploads: disk.uploads,
      sessions: disk.sessions,
      operations,
      limits: { uploads: shares.uploads, ...options.limits },
    });
    await assertNotReserved(disk.tree, options.operationsPath);
    disk.begin();
    const resumed = await handler.recover();
    if (resumed > 0) warn(`${resumed} operations of an earlier process go on`);
    let closing: Promise<void> | undefined;
    const end = closeInOrder({ disk, operations, handler, closeStores });
    const answer = handler;
    return {
      handler: (...args) => (closed ? refuse(args[1]) : answer(...args)),
      mostConnections: shares.connections,
      calling: () => disk.calling(),
      close(closeOptions) {
        closing ??= end(closeOptions);
        return closing;
      },
    };
  } catch (error) {
    abandon();
    await handler?.close();
    await closeStores();
    throw error;
  }
}

/** The state may be another process's by now. */
function refuse(response: AnyResponse): void {
  const { httpVersionMajor } = response.req;
  response.writeHead(503, {
    "Content-Length": "0",
    ...(httpVersionMajor < 2 ? { Connection: "close" } : {}),
  });
  response.end();
}

function stateInFolder(state: string): TypeError {
  return Object.assign(
    new TypeError(`the state directory ${state} lies in the served folder; choose another "state"`),
    { code: "ERR_STATE_IN_FOLDER" },
  );
}

interface Parts {
  readonly disk: Disk;
  readonly operations: ReturnType<typeof createOperations>;
  readonly handler: DavHandler;
  closeStores(): Promise<void>;
}

function closeInOrder({ disk, operations, handler, closeStores }: Parts) {
  return async ({ drainMs, connections }: CloseOptions): Promise<void> => {
    const began = performance.now();
    const ended = await operations.drain(drainMs);
    // What still runs is told to wait for the next process, which takes it up.
    if (!ended) operations.abandon();
    const left = drainMs - (performance.now() - began);
    await atMost(Math.max(left, repliesMs), Promise.all([handler.close(), connections?.stopped]));
    connections?.cut();
    await connections?.stopped;
    // The last connections' ends are heard of, and what was delivered is recorded.
    await new Promise((resolve) => setImmediate(resolve));
    await unlessHung(disk, closeStores());
  };
}

/** How long, at least, the last final responses have to be handed over, once no operation runs any more. */
const repliesMs = 2_000;

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

/** An outcome that survives a loss of power tells of names that do, too. */
async function openJournal(disk: Disk): Promise<DurableJournal> {
  try {
    return await journalIn(disk.state, { before: () => disk.namesSynced() });
  } catch (error) {
    await disk.close();
    throw error;
  }
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

/** What the log says of a disk's event. */
function diskWarning(event: DiskEvent): string {
  switch (event.kind) {
    case "left-behind":
      return `hidden files of earlier work are left in ${JSON.stringify(event.collection)}`;
    case "unsyncable":
      return `folders cannot be synced here (${event.reason}): a loss of power may undo new names, whatever --durability says`;
    case "not-synced":
      return `new names could not be synced to the disk (${event.reason}): a loss of power may undo them`;
  }
}
