/** The state of one process, in one directory: tables in LMDB, read at once and written by a thread of their own. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type OpenedFiles, openFiles } from "./files/database-files.ts";
import { Reserve } from "./files/reserve.ts";
import { makeStateDirectory, syncNames } from "./files/state-directory.ts";
import { holdState } from "./files/state-hold.ts";
import { isFull, StateError } from "./state-error.ts";
import type { Part, PartOptions } from "./tables/tables.ts";
import { Changes } from "./writing/changes.ts";
import { WriterThread } from "./writing/writer-thread.ts";

export { isFull, StateError, type StateErrorCode } from "./state-error.ts";
export type {
  ChangeOptions,
  Encoding,
  Key,
  Part,
  PartOptions,
  RangeOptions,
  Table,
  TableRecord,
} from "./tables/tables.ts";

/** Where the state is, and how it is opened. */
export interface OpenStateOptions {
  /** Made if need be, for this user alone. One process at a time has it. */
  readonly directory: string;
  /** The name of the database's file in it. */
  readonly file: string;
  /** Unguessable, of letters, digits and "-". Default: 128 random bits. */
  readonly randomId?: () => string;
  /**
   * Gives up room that is held elsewhere on the same disk, where the disk is full; false where there is none. Default:
   * room is held in the directory.
   */
  readonly makeRoom?: () => boolean;
  /**
   * Called once this process has the directory, with its path, before the database is opened in it: brings what an earlier
   * version left there into the form of this one. Called once more where it failed for want of room, and some could be made.
   */
  readonly prepare?: (directory: string) => Promise<void>;
}

/** The state of one machine, opened. */
export interface State {
  /** With links resolved. */
  readonly directory: string;
  /** The database's file, for messages. */
  readonly file: string;
  /** Tables that are changed together. Changes of different parts do not see each other before they are committed. */
  part(options?: PartOptions): Part;
  /** Gives up room that is held on the disk, for what frees more of it. @returns whether there was any */
  makeRoom(): boolean;
  /** Takes the room again, once there is enough beside it. */
  holdRoom(): void;
  /** Resolves once nothing waits any more. */
  settled(): Promise<void>;
  /** Commits what waits, and gives the directory back. What is changed later is refused. */
  close(): Promise<void>;
}

/**
 * Opens a state. Nothing is changed where it is refused.
 * @throws {StateError} "in-use", "corrupt", "no-space", "unusable"
 */
export async function openState(options: OpenStateOptions): Promise<State> {
  const { directory, made } = makeStateDirectory(options.directory);
  const randomId = options.randomId ?? (() => randomBytes(16).toString("hex"));
  const hold = await holdState(directory, { randomId });
  const { makeRoom } = options;
  const reserve =
    makeRoom === undefined ? new Reserve({ file: join(directory, "reserve") }) : elsewhere(makeRoom);
  const file = join(directory, options.file);
  try {
    const open = async (): Promise<OpenedFiles> => {
      await options.prepare?.(directory);
      return openFiles(file, randomId);
    };
    const opened = await openOrMakeRoom(open, reserve);
    // What is committed is kept only if the files that it is in have their names.
    for (const named of made) syncNames(named);
    return stateOf({ directory, file, reserve, release: () => hold.release(), ...opened });
  } catch (error) {
    await hold.release();
    throw isFull(error) ? full(directory, error) : error;
  }
}

type Room = Pick<Reserve, "free" | "fill">;

function elsewhere(makeRoom: () => boolean): Room {
  return { free: makeRoom, fill: () => {} };
}

/** A full disk must not keep the server from the requests that free room. */
async function openOrMakeRoom(open: () => Promise<OpenedFiles>, reserve: Room): Promise<OpenedFiles> {
  try {
    return await open();
  } catch (error) {
    if (!isFull(error) || !reserve.free()) throw error;
    return open();
  }
}

function full(directory: string, cause: unknown): StateError {
  const message = `the disk with the state directory ${directory} is full: free some room there, then start again`;
  return new StateError("no-space", message, { cause });
}

interface StateParts extends OpenedFiles {
  readonly directory: string;
  readonly file: string;
  readonly reserve: Room;
  readonly release: () => Promise<void>;
}

/** The one of this process: a minute without work ends it. */
const thread = new WriterThread();

function stateOf({ directory, file, reserve, release, environment, log, missed }: StateParts): State {
  const writer = thread.for(file);
  const changes = new Changes({ environment, writer, log, reserve }, missed);
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await changes.close();
    await writer.close();
    await environment.close();
    log.close();
    await release();
  };
  return {
    directory,
    file,
    part: (options) => changes.part(options),
    makeRoom: () => reserve.free(),
    holdRoom: () => reserve.fill(),
    settled: () => changes.settled(),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}
