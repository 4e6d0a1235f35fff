import { createHash } from "node:crypto";
import { closeSync, openSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { createConnection, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StateError } from "../state-error.ts";
import { makeFilePrivate } from "./private-modes.ts";

/** The one process that works with a state directory. */
export interface StateHold {
  release(): Promise<void>;
}

export interface HoldOptions {
  readonly randomId: () => string;
  /** Waits before another attempt, where two processes start at the same moment. */
  readonly pause?: () => Promise<void>;
}

const mostAttempts = 50;

/**
 * Takes hold of a state directory. The hold is a socket that this process listens on: the kernel closes it when the
 * process ends, in whatever way, and then nobody can connect to the name that is left.
 *
 *               nobody else is starting or holding
 *     starting ───────────────────────────────────▶ held ──▶ released
 *        │  ▲
 *        ▼  │ another one is starting: withdraw, wait a moment
 *      waiting
 *
 * @throws {StateError} "in-use"
 */
export async function holdState(directory: string, options: HoldOptions): Promise<StateHold> {
  if (process.platform === "win32") return holdPipe(directory);
  const names = socketNames(directory);
  try {
    for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
      const hold = await attemptHold(names, options.randomId());
      if (hold !== undefined) return { release: () => end(hold, names) };
      await (options.pause ?? shortPause)();
    }
  } catch (error) {
    names.close();
    throw error;
  }
  names.close();
  throw new StateError("in-use", `other processes are about to use the state directory ${directory}`);
}

/** Where sockets are made. Their names are short, for the system allows about 100 bytes. */
interface SocketNames {
  readonly directory: string;
  readonly short: string;
  readonly prefix: string;
  close(): void;
}

interface Hold {
  readonly server: Server;
  readonly name: string;
}

/** @returns undefined if another process is starting too */
async function attemptHold(names: SocketNames, id: string): Promise<Hold | undefined> {
  const unheard = `${names.prefix}new-${id}`;
  const starting = `${names.prefix}starting-${id}`;
  const held = `${names.prefix}held-${id}`;
  const server = await listen(join(names.short, unheard));
  try {
    makeFilePrivate(join(names.short, unheard));
    // Only what listens already gets a name that others look for, so whoever cannot be reached there has ended.
    renameSync(join(names.short, unheard), join(names.short, starting));
    const others = await othersThan(names, starting);
    if (others === "none") {
      renameSync(join(names.short, starting), join(names.short, held));
      return { server, name: held };
    }
    await stop(server);
    rmSync(join(names.short, starting), { force: true });
    if (others === "starting") return undefined;
  } catch (error) {
    await stop(server);
    for (const name of [unheard, starting]) rmSync(join(names.short, name), { force: true });
    throw error;
  }
  throw new StateError("in-use", `another process uses the state directory ${names.directory}`);
}

async function othersThan(names: SocketNames, own: string): Promise<"none" | "starting" | "held"> {
  let starting = false;
  for (const name of readdirSync(names.short)) {
    if (name === own || !name.startsWith(names.prefix)) continue;
    const kind = name.slice(names.prefix.length);
    if (!/^(?:held|starting)-/.test(kind)) continue;
    const answer = await reach(join(names.short, name));
    if (answer === "nobody") rmSync(join(names.short, name), { force: true });
    else if (answer === "gone") starting = true;
    else if (kind.startsWith("held-")) return "held";
    else starting = true;
  }
  return starting ? "starting" : "none";
}

/** "nobody": the process that had it has ended. "gone": the name changed just now. */
function reach(path: string): Promise<"somebody" | "nobody" | "gone"> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve("somebody");
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      // Only a refusal shows that nobody listens; whatever else may be, somebody could.
      if (error.code === "ECONNREFUSED") resolve("nobody");
      else resolve(error.code === "ENOENT" ? "gone" : "somebody");
    });
  });
}

function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const message =
        cause.code === "EADDRINUSE"
          ? "another process uses the state directory"
          : `the state directory cannot hold a socket (${cause.code})`;
      reject(new StateError(cause.code === "EADDRINUSE" ? "in-use" : "unusable", message, { cause }));
    });
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

async function end({ server, name }: Hold, names: SocketNames): Promise<void> {
  rmSync(join(names.short, name), { force: true });
  await stop(server);
  names.close();
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function socketNames(directory: string): SocketNames {
  if (process.platform === "linux") {
    // However long the directory's path is, this one is short.
    const fd = openSync(directory, "r");
    return { directory, short: `/proc/self/fd/${fd}`, prefix: "socket-", close: () => closeSync(fd) };
  }
  return { directory, short: tmpdir(), prefix: `meanwhile-${identity(directory)}-`, close: () => {} };
}

async function holdPipe(directory: string): Promise<StateHold> {
  const server = await listen(`\\\\.\\pipe\\meanwhile-${identity(directory)}`);
  return { release: () => stop(server) };
}

function identity(directory: string): string {
  const { dev, ino } = statSync(directory, { bigint: true });
  return createHash("sha256").update(`${dev} ${ino}`).digest("hex").slice(0, 16);
}

function shortPause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 100));
}
